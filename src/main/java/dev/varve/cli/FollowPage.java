package dev.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.bench.FollowReport;
import dev.varve.bench.FollowReport.BudgetUse;
import dev.varve.bench.FollowReport.Followed;
import dev.varve.bench.FollowReport.Judged;
import dev.varve.bench.FollowReport.Miss;
import dev.varve.bench.Hits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** What {@code varve bench follow} has found, for people and for programs. */
final class FollowPage {
  /** Goals: occurrences within one level, and use of the budget at a settled layout. */
  private static final double WITHIN = 0.8;

  private static final double USED = 0.98;

  private FollowPage() {}

  // -- for people

  static String text(FollowReport report) {
    return String.format(
        Locale.ROOT,
        """
        Occurrences behind the warm-up that found a dimension within one level of what the oracle
        gives, within the budget, to the popularity that their category has an hour on.
        At once: if all rows followed each layout at once. Static: under the layout of the
        warm-up's end, with the popularity of then.
        %s
        goal: all, within one level at least %s: %s

        The same against the layout in force, and the popularity that as many occurrences as the
        next hour has would keep up.
        %s

        Why the oracle gives something else, a share of the occurrences. First: the category's
        first one. Below, above: the layout in force gave more, or less, to the popularity just
        before. Thresholds: the oracle's are others. Popularity: it has changed within the hour.
        %s
        not judged: %,d at the end of the log; too late to be put into the order of time: %,d

        %s\
        """,
        table(report, Followed::oracle),
        Amounts.percent(WITHIN),
        isMet(report.all().oracle().live().shareWithin() >= WITHIN),
        table(report, Followed::rate),
        misses(report),
        report.unjudged(),
        report.late(),
        budgets(report));
  }

  private static String table(FollowReport report, Function<Followed, Judged> by) {
    var columns =
        new Columns(
            "table",
            ">occurrences",
            ">within one level",
            ">exact",
            ">at once within",
            ">exact",
            ">static within",
            ">exact");
    report.tables().forEach((name, of) -> row(columns, name, by.apply(of)));
    row(columns, "all", by.apply(report.all()));
    return columns.text();
  }

  private static void row(Columns columns, String name, Judged of) {
    columns.row(
        name,
        String.format(Locale.ROOT, "%,d", of.live().occurrences()),
        share(of.live(), of.live().shareWithin()),
        share(of.live(), of.live().shareExact()),
        share(of.instant(), of.instant().shareWithin()),
        share(of.instant(), of.instant().shareExact()),
        share(of.fixed(), of.fixed().shareWithin()),
        share(of.fixed(), of.fixed().shareExact()));
  }

  private static String misses(FollowReport report) {
    var columns = new Columns("table", ">first", ">below", ">above", ">thresholds", ">popularity");
    report.tables().forEach((name, of) -> missRow(columns, name, of.oracle()));
    missRow(columns, "all", report.all().oracle());
    return columns.text();
  }

  private static void missRow(Columns columns, String name, Judged of) {
    double all = of.live().occurrences();
    List<String> cells = new ArrayList<>(List.of(name));
    for (Miss miss : Miss.values()) {
      cells.add(share(of.live(), of.missed(miss) / all));
    }
    columns.row(cells.toArray(String[]::new));
  }

  private static String share(Hits of, double share) {
    return of.occurrences() == 0 ? "-" : Amounts.percent(share);
  }

  private static String isMet(boolean met) {
    return met ? "met" : "MISSED";
  }

  private static String budgets(FollowReport report) {
    String layouts =
        String.format(
            Locale.ROOT,
            "layouts: %,d, settled with a budget: %,d",
            report.layouts(),
            report.budgets().size());
    if (report.budgets().isEmpty()) {
      return layouts;
    }
    return """
    %s
    budget used when settled: lowest %s, median %s, highest %s
    settled layouts above 100 %% at some time: %d; goal none: %s
    settled layouts below %s: %d; goal none: %s
    rows of the widest dimension for all categories would use: lowest %s, median %s, highest %s times\
    """
        .formatted(
            layouts,
            used(report, 0),
            used(report, 0.5),
            used(report, 1),
            report.over(),
            isMet(report.over() == 0),
            Amounts.percent(USED),
            report.below(USED),
            isMet(report.below(USED) == 0),
            ratio(report, 0),
            ratio(report, 0.5),
            ratio(report, 1));
  }

  private static String ratio(FollowReport report, double share) {
    double ratio = report.byRatio(share).map(BudgetUse::ratio).orElse(Double.NaN);
    return String.format(Locale.ROOT, "%.1f", ratio);
  }

  private static String used(FollowReport report, double share) {
    return Amounts.percent(report.budgetUse(share).map(BudgetUse::share).orElse(Double.NaN));
  }

  // -- for programs

  static ObjectNode json(FollowReport report) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.put("what", "varve bench follow");
    object.set("all", json(report.all()));
    ObjectNode tables = object.putObject("tables");
    report.tables().forEach((name, followed) -> tables.set(name, json(followed)));
    object.put("judged", report.judged());
    object.put("unjudged", report.unjudged());
    object.put("late", report.late());
    object.put("layouts", report.layouts());
    ObjectNode budget = object.putObject("budget");
    budget.put("settled", report.budgets().size());
    put(budget, "lowest", report, 0);
    put(budget, "median", report, 0.5);
    put(budget, "highest", report, 1);
    budget.put("over", report.over());
    budget.put("below98", report.below(USED));
    var uses = budget.putArray("layouts");
    for (BudgetUse use : report.budgets()) {
      uses.addObject()
          .put("version", use.version())
          .put("settledAt", Instant.ofEpochMilli(use.settledMs()).toString())
          .put("budget", use.budget())
          .put("settled", use.settled())
          .put("most", use.most())
          .put("uniform", use.uniform())
          .put("ratio", use.ratio());
    }
    return object;
  }

  private static void put(ObjectNode to, String name, FollowReport report, double share) {
    report.budgetUse(share).ifPresent(use -> to.put(name, use.share()));
  }

  private static ObjectNode json(Followed followed) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.set("byOracle", json(followed.oracle()));
    object.set("byNextHour", json(followed.rate()));
    return object;
  }

  private static ObjectNode json(Judged judged) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.set("live", json(judged.live()));
    object.set("atOnce", json(judged.instant()));
    object.set("static", json(judged.fixed()));
    ObjectNode misses = object.putObject("misses");
    for (Miss miss : Miss.values()) {
      misses.put(name(miss), judged.missed(miss));
    }
    ObjectNode found = object.putObject("earnedByFound");
    judged
        .byFound()
        .forEach(
            (dimension, byEarned) -> {
              ObjectNode earned = found.putObject(dimension.toString());
              byEarned.forEach((of, n) -> earned.put(of.toString(), n));
            });
    return object;
  }

  private static String name(Miss miss) {
    return switch (miss) {
      case FIRST -> "first";
      case BELOW_RULE -> "below";
      case ABOVE_RULE -> "above";
      case THRESHOLDS -> "thresholds";
      case POPULARITY -> "popularity";
    };
  }

  private static ObjectNode json(Hits hits) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.put("occurrences", hits.occurrences());
    if (hits.occurrences() > 0) {
      object.put("within", hits.shareWithin());
      object.put("exact", hits.shareExact());
    }
    return object;
  }
}
