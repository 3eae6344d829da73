package dev.varve.log;

import dev.varve.base.Durations;
import dev.varve.log.Rules.Time;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** Reads what a mapping says of time: the event time of a row, and durations. */
final class TimeParser {
  private static final List<String> UNITS = List.of("ms", "s");

  private TimeParser() {}

  static Time time(Section root) {
    Section section = root.section("time");
    if (section.has("column") == section.has("start")) {
      root.problem(
          "time", section.keys(), "either column with unit or pattern, or start with step");
    }
    boolean steps = section.has("start") || section.has("step");
    Time time = steps ? steps(section) : column(section);
    section.finish();
    return time;
  }

  private static Time steps(Section section) {
    String start = section.required("start", "a time such as 2020-01-01T00:00:00Z");
    long stepMs = duration(section, "step", "1s");
    try {
      return new Time.Steps(Instant.parse(start).toEpochMilli(), stepMs);
    } catch (DateTimeException e) {
      section.problem("start", start, "a time such as 2020-01-01T00:00:00Z");
      return new Time.Steps(0, stepMs);
    }
  }

  private static Time column(Section section) {
    String column = section.text("column", "");
    if (section.has("unit") && section.has("pattern")) {
      section.problem(section.keys(), "either unit or pattern");
    }
    if (!section.has("pattern")) {
      return new Time.Epoch(column, "s".equals(section.choice("unit", UNITS)) ? 1_000 : 1);
    }
    String pattern = section.text("pattern", "");
    return new Time.Text(column, pattern, formatter(section, pattern));
  }

  private static DateTimeFormatter formatter(Section section, String pattern) {
    if (!pattern.equals("iso")) {
      try {
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH);
      } catch (IllegalArgumentException e) {
        section.problem("pattern", pattern, "iso, or a pattern of java.time.DateTimeFormatter");
      }
    }
    return DateTimeFormatter.ISO_DATE_TIME;
  }

  /** A duration in milliseconds. */
  static long duration(Section section, String key, String absent) {
    String text = section.text(key, absent);
    try {
      long ms = Durations.parse(text).toMillis();
      if (ms > 0) {
        return ms;
      }
    } catch (IllegalArgumentException e) {
      // Reported below, like zero.
    }
    section.problem(key, text, Durations.RULE + ", above 0");
    return 1;
  }
}
