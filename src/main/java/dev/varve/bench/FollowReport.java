package dev.varve.bench;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * How well layouts followed popularity, and how much of the budget they used.
 *
 * @param tables by name
 * @param judged occurrences whose next hour the log has
 * @param unjudged those behind the warm-up whose next hour it has not
 * @param late occurrences that came too far out of the order of time to be put back into it
 * @param layouts that shards were given, beside the first one
 * @param budgets use of the budget by each layout that settled
 */
public record FollowReport(
    SortedMap<String, Followed> tables,
    Followed all,
    long judged,
    long unjudged,
    long late,
    long layouts,
    List<BudgetUse> budgets) {
  /**
   * The dimensions that occurrences found, against two that their category earns.
   *
   * @param rate by the next hour's occurrences alone: what the layout in force gives to the
   *     popularity that so many in every hour would keep up
   * @param oracle by the popularity that it has an hour on: what the best layout for the popularity
   *     of all categories then, within the same budget, gives to it
   */
  public record Followed(Judged rate, Judged oracle) {
    static final Followed NONE = new Followed(Judged.NONE, Judged.NONE);

    Followed plus(Followed other) {
      return new Followed(rate.plus(other.rate), oracle.plus(other.oracle));
    }
  }

  /** Why what was found was not within one level of what was earned; the first that holds. */
  public enum Miss {
    /** The category's first occurrence. */
    FIRST,
    /** More than a level less than the layout in force gave to the popularity just before. */
    BELOW_RULE,
    /** More than a level more than that. */
    ABOVE_RULE,
    /** By the oracle's thresholds it would have been wrong for the popularity just before, too. */
    THRESHOLDS,
    /** It was right for the popularity just before: that has changed within the hour. */
    POPULARITY
  }

  /**
   * Occurrences against what was earned.
   *
   * @param live what they found
   * @param instant what they would have found if every row followed the layout in force at once
   * @param fixed what a layout would have given them that was made once, behind the warm-up
   * @param misses occurrences that live missed
   * @param byFound occurrences by the dimension that they found, and by the earned one
   */
  public record Judged(
      Hits live,
      Hits instant,
      Hits fixed,
      Map<Miss, Long> misses,
      SortedMap<Integer, TreeMap<Integer, Long>> byFound) {
    static final Judged NONE =
        new Judged(Hits.NONE, Hits.NONE, Hits.NONE, Map.of(), new TreeMap<>());

    Judged plus(Judged other) {
      var sum = new TreeMap<Integer, TreeMap<Integer, Long>>();
      for (Judged part : List.of(this, other)) {
        part.byFound.forEach(
            (found, byEarned) ->
                byEarned.forEach(
                    (earned, n) ->
                        sum.computeIfAbsent(found, _ -> new TreeMap<>())
                            .merge(earned, n, Long::sum)));
      }
      Map<Miss, Long> missed = new EnumMap<>(Miss.class);
      for (Miss miss : Miss.values()) {
        missed.put(miss, missed(miss) + other.missed(miss));
      }
      return new Judged(
          live.plus(other.live),
          instant.plus(other.instant),
          fixed.plus(other.fixed),
          Map.copyOf(missed),
          sum);
    }

    /** Occurrences that missed for a reason. */
    public long missed(Miss miss) {
      return misses.getOrDefault(miss, 0L);
    }
  }

  /**
   * Use of the budget under one layout.
   *
   * @param version of the layout
   * @param settledMs watermark when every row followed it, milliseconds since 1970-01-01 UTC
   * @param budget in its unit
   * @param settled what was used then
   * @param most what was used at most until the next layout came
   * @param uniform what the widest rows of all categories that had occurred by then would use
   */
  public record BudgetUse(
      long version, long settledMs, long budget, long settled, long most, long uniform) {
    /** Share of the budget that was used when it settled. */
    public double share() {
      return (double) settled / budget;
    }

    /** How many times less it used when it settled than the widest rows of all categories. */
    public double ratio() {
      return (double) uniform / settled;
    }

    /** Share of the budget that was used at most. */
    public double mostShare() {
      return (double) most / budget;
    }
  }

  public FollowReport {
    budgets = List.copyOf(budgets);
  }

  /** The use of the budget that a share of the settled layouts is at or below; none without one. */
  public Optional<BudgetUse> budgetUse(double share) {
    return quantile(share, BudgetUse::share);
  }

  /** The one whose ratio a share of the settled layouts is at or below; none without one. */
  public Optional<BudgetUse> byRatio(double share) {
    return quantile(share, BudgetUse::ratio);
  }

  private Optional<BudgetUse> quantile(double share, ToDoubleFunction<BudgetUse> of) {
    return budgets.stream()
        .sorted(Comparator.comparingDouble(of))
        .skip(Math.max(0, Math.round(share * (budgets.size() - 1))))
        .findFirst();
  }

  /** Settled layouts that used more than the budget at some time. */
  public long over() {
    return budgets.stream().filter(use -> use.most > use.budget).count();
  }

  /** Layouts that used less than a share of the budget when they settled. */
  public long below(double share) {
    return budgets.stream().filter(use -> use.share() < share).count();
  }
}
