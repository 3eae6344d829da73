package dev.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.base.Durations;
import dev.varve.bench.Figure;
import dev.varve.bench.Machine;
import dev.varve.bench.Report;
import dev.varve.bench.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A report of {@code varve bench} for people, and for programs. */
final class BenchReport {
  /** The clock may run this much longer than the thread before it is worth a word. */
  private static final double BUSY = 1.1;

  private BenchReport() {}

  // -- for people

  static String table(Report report) {
    List<String> parts = new ArrayList<>();
    parts.add(heading(report));
    report.sections().forEach(section -> parts.add(section(section)));
    double busy = busy(report);
    if (busy > BUSY) {
      parts.add(
          String.format(
              Locale.ROOT,
              "The clock ran %.1f times as long as the threads did: this machine is busy, and goals"
                  + " are judged by the clock.",
              busy));
    }
    return String.join("\n\n", parts);
  }

  private static String heading(Report report) {
    Machine machine = report.machine();
    return String.format(
        Locale.ROOT,
        "varve %s, %s%n%s, %d processors, %s, load %.2f at the start",
        report.version(),
        machine.jdk(),
        machine.cpu(),
        machine.processors(),
        machine.memory(),
        machine.load());
  }

  private static String section(Report.Section section) {
    var columns = new Columns(section.name(), ">median", "", ">by CPU time", ">rounds", "goal");
    for (Figure figure : section.figures()) {
      Double cpu = figure.cpuMedian();
      columns.row(
          figure.name(),
          number(figure.median()),
          figure.unit().text(),
          cpu == null ? "" : number(cpu),
          range(figure),
          goal(figure));
    }
    return "%s%n%s".formatted(section.question(), columns.text());
  }

  private static String range(Figure figure) {
    if (figure.rounds().size() == 1) {
      return "";
    }
    double least = figure.rounds().stream().mapToDouble(x -> x).min().orElseThrow();
    double most = figure.rounds().stream().mapToDouble(x -> x).max().orElseThrow();
    return "%s to %s".formatted(number(least), number(most));
  }

  private static String goal(Figure figure) {
    Figure.Goal goal = figure.goal();
    if (goal == null) {
      return "";
    }
    String bound = (goal.isMost() ? "at most " : "at least ") + number(goal.bound());
    return bound + (Boolean.TRUE.equals(figure.met()) ? ": met" : ": MISSED");
  }

  /** Three digits that count, or all of the whole ones. */
  private static String number(double value) {
    double size = Math.abs(value);
    int digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }

  /** How much longer than the threads the clock ran, by the median figure. */
  private static double busy(Report report) {
    double[] ratios =
        report.sections().stream()
            .flatMap(section -> section.figures().stream())
            .filter(figure -> figure.cpuMedian() != null)
            .mapToDouble(BenchReport::busy)
            .sorted()
            .toArray();
    return ratios.length == 0 ? 1 : ratios[ratios.length / 2];
  }

  private static double busy(Figure figure) {
    Double cpu = figure.cpuMedian();
    double ratio = cpu == null ? 1 : figure.median() / cpu;
    // A rate falls where a time grows.
    return Math.max(ratio, 1 / ratio);
  }

  // -- for programs

  static ObjectNode json(String command, Report report) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.put("what", command);
    object.put("begun", report.begun().toString());
    object.put("version", report.version());
    object.set("machine", Json.MAPPER.valueToTree(report.machine()));
    object.set("settings", settings(report.settings()));
    var sections = object.putArray("sections");
    report.sections().forEach(section -> sections.add(json(section)));
    return object;
  }

  private static ObjectNode settings(Settings settings) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.put("rows", settings.rows());
    object.put("batch", settings.batch());
    object.put("zipf", settings.zipf());
    object.put("rounds", settings.rounds());
    object.put("round", Durations.format(settings.round()));
    object.put("seed", settings.seed());
    object.put("folder", settings.folder().toString());
    return object;
  }

  private static ObjectNode json(Report.Section section) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.put("name", section.name());
    object.put("question", section.question());
    object.put("seconds", section.seconds());
    var figures = object.putArray("figures");
    section.figures().forEach(figure -> figures.add(json(figure)));
    return object;
  }

  private static ObjectNode json(Figure figure) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.put("name", figure.name().strip());
    object.put("unit", figure.unit().text());
    object.put("median", figure.median());
    object.put("cpuMedian", figure.cpuMedian());
    object.set("rounds", Json.MAPPER.valueToTree(figure.rounds()));
    Figure.Goal goal = figure.goal();
    if (goal != null) {
      object.put(goal.isMost() ? "atMost" : "atLeast", goal.bound());
      object.put("met", figure.met());
    }
    return object;
  }
}
