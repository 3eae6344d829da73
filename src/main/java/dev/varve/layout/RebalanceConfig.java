package dev.varve.layout;

import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How rows share the budget; the components are the keys of the section {@code rebalance}. */
public record RebalanceConfig(
    @Doc(
            "What rows, their optimizer state and the bases may use together: a size such as 64MiB,"
                + " a number such as 2000000 parameters, or none: then all rows have the base"
                + " dimension. set-budget changes it until another value is configured.")
        Budget budget,
    @Doc(
            "How often it is looked whether another layout is better: such as 10000 examples, 5m"
                + " event time or 30s wall time.")
        Every every,
    @Doc(
            "Gain in captured energy, as a share of what is captured, from which a new layout is"
                + " put into force; from 0 to 1. One that is over the budget, or leaves 3 % of it"
                + " free that rows could use, is replaced in any case.")
        double minGain,
    @Doc(
            "Who gets how much: power, the rule d = λ p^α of the paper, or greedy, the most energy"
                + " for the budget by the measured spectrum.")
        Allocator.Kind allocator,
    @Doc(
            "Temperature α of the power rule; from 0.05 to 4, popular rows get the more; 1.5 suits"
                + " small budgets.")
        double alpha,
    @Doc(
            "Dimensions that rows may have beside none; powers of 2, rising. Those above"
                + " model.dimension are left out.")
        List<Integer> levels,
    @Doc(
            "Share of its block's threshold that a row may fall below it before it moves down, from"
                + " 0 to 0.5; rounded to whole bins of the census, 4.4 % each.")
        double hysteresis,
    @Doc(
            "Statistical cap: in a layout no row rises to dimension d below a popularity of d /"
                + " kappa; 0 for no cap, at most 1000.")
        double kappa,
    @Doc("Dimension that every row of a table has at least, by table.")
        Map<String, Integer> minDimension,
    @Doc("Dimension that rows of a table have at most, by table; 0 for no rows.")
        Map<String, Integer> maxDimension,
    @Doc(
            "Share of the budget by which rows that updates touch may grow before the shard raises"
                + " its thresholds; from 0.001 to 0.5.")
        double growth,
    @Doc(
            "Event time for which what a row loses is kept aside, so that a rollback gives it back;"
                + " at most 365d.")
        Duration keep,
    @Doc("Popularity below which a category without a row is forgotten; from 0 to 1.")
        double expire,
    @Doc("How long a plan can be applied, from 1s to 7d.") Duration planTtl,
    @Doc(
            "How long rows that nothing touches are moved at a time at most, while updates wait;"
                + " half of it as a rule; from 1ms to 1s.")
        Duration step,
    @Doc(
            "What serves categories without a row of their own: none (zeros), hash (a row that they"
                + " share), or qr (the product of two). Tables whose categories all have a row by"
                + " rebalance.min-dimension have no tail. The whole tail counts in the budget.")
        TailKind tail,
    @Doc("Rows that they share, for each table and shard; from 2 to 65536, even for qr.")
        int tailRows,
    @Doc("Dimension of these rows; a power of 2 from 1 to model.dimension.") int tailDimension) {
  private static final int WIDEST = 128;

  /** A layout with another tail takes away the shared rows of the last at once. */
  public static final int MOST_TAIL_ROWS = 1 << 16;

  public RebalanceConfig {
    levels = List.copyOf(levels);
    minDimension = sorted(minDimension);
    maxDimension = sorted(maxDimension);
    requireShare("minGain", minGain, 0, 1);
    requireShare("alpha", alpha, 0.05, 4);
    Check.that(
        areLevels(levels), "levels", levels, "powers of 2 from 1 to 128, rising, at least one");
    requireShare("hysteresis", hysteresis, 0, 0.5);
    requireShare("kappa", kappa, 0, 1000);
    requireLevels("minDimension", minDimension, levels);
    requireLevels("maxDimension", maxDimension, levels);
    Check.that(
        isBelow(minDimension, maxDimension),
        "minDimension",
        minDimension,
        "for each table at most rebalance.max-dimension");
    requireShare("growth", growth, 0.001, 0.5);
    Check.that(keep.compareTo(Duration.ofDays(365)) <= 0, "keep", keep, "at most 365d");
    requireShare("expire", expire, 0, 1);
    Check.that(
        planTtl.compareTo(Duration.ofSeconds(1)) >= 0 && planTtl.compareTo(Duration.ofDays(7)) <= 0,
        "planTtl",
        planTtl,
        "from 1s to 7d");
    Check.that(
        step.compareTo(Duration.ofMillis(1)) >= 0 && step.compareTo(Duration.ofSeconds(1)) <= 0,
        "step",
        step,
        "from 1ms to 1s");
    Check.that(
        tailRows >= 2 && tailRows <= MOST_TAIL_ROWS && (tail != TailKind.QR || tailRows % 2 == 0),
        "tailRows",
        tailRows,
        "from 2 to 65536, even for qr");
    Check.that(
        tailDimension >= 1 && tailDimension <= WIDEST && Integer.bitCount(tailDimension) == 1,
        "tailDimension",
        tailDimension,
        "a power of 2 from 1 to 128");
  }

  /** No budget. */
  public static RebalanceConfig defaults() {
    return new RebalanceConfig(
        Budget.NONE,
        new Every(10_000, Every.Clock.EXAMPLES),
        0.001,
        Allocator.Kind.POWER,
        0.75,
        List.of(1, 2, 4, 8, 16, 32, 64, 128),
        0.1,
        1,
        Map.of(),
        Map.of(),
        0.01,
        Duration.ofHours(1),
        0.01,
        Duration.ofMinutes(10),
        Duration.ofMillis(5),
        TailKind.NONE,
        1024,
        4);
  }

  /** The levels that rows of a base dimension can have. */
  public List<Integer> levels(int baseDimension) {
    return levels.stream().filter(level -> level <= baseDimension).toList();
  }

  /** The same with another budget. */
  public RebalanceConfig withBudget(Budget other) {
    return new RebalanceConfig(
        other,
        every,
        minGain,
        allocator,
        alpha,
        levels,
        hysteresis,
        kappa,
        minDimension,
        maxDimension,
        growth,
        keep,
        expire,
        planTtl,
        step,
        tail,
        tailRows,
        tailDimension);
  }

  private static Map<String, Integer> sorted(Map<String, Integer> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }

  private static void requireShare(String name, double value, double least, double most) {
    String rule = "from %s to %s".formatted(text(least), text(most));
    Check.that(value >= least && value <= most, name, value, rule);
  }

  private static String text(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  private static boolean areLevels(List<Integer> levels) {
    int before = 0;
    for (int level : levels) {
      if (level <= before || level > WIDEST || Integer.bitCount(level) != 1) {
        return false;
      }
      before = level;
    }
    return before > 0;
  }

  private static void requireLevels(
      String name, Map<String, Integer> byTable, List<Integer> levels) {
    Check.that(
        byTable.values().stream().allMatch(d -> d == 0 || levels.contains(d)),
        name,
        byTable,
        "for each table 0 or one of rebalance.levels");
  }

  private static boolean isBelow(Map<String, Integer> least, Map<String, Integer> most) {
    return least.entrySet().stream()
        .allMatch(e -> e.getValue() <= most.getOrDefault(e.getKey(), Integer.MAX_VALUE));
  }
}
