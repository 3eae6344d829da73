package dev.varve.log;

import dev.varve.log.Rules.Time;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;

/** The event time of a row, milliseconds since 1970-01-01 UTC. */
final class EventTime {
  /** 9999-12-31T23:59:59.999Z. */
  private static final long LATEST_MS = 253_402_300_799_999L;

  private final Time rule;
  private final int column;
  private String lastText = "";
  private long lastMs;

  /** The column is that of the rule, and not used where the rule names none. */
  EventTime(Time rule, int column) {
    this.rule = rule;
    this.column = column;
  }

  /**
   * Reads the current row's time.
   *
   * @throws RowRefused when there is none
   */
  long ms(Cells cells, long row) {
    return switch (rule) {
      case Time.Steps steps -> steps.startMs() + (row - 1) * steps.stepMs();
      case Time.Epoch epoch -> number(epoch, cells.own(column));
      case Time.Text text -> text(text, cells.own(column));
    };
  }

  private static long number(Time.Epoch rule, String text) {
    double value = Numbers.parse(text) * rule.unitMs();
    // A double holds every millisecond up to the year 9999.
    long ms = Math.round(value);
    if (!(value >= 0) || ms > LATEST_MS) {
      String unit = rule.unitMs() == 1 ? "milliseconds" : "seconds";
      throw new RowRefused(rule.column(), text, unit + " since 1970, before the year 10000");
    }
    return ms;
  }

  /** Rows in time order repeat the time of the row before often enough to remember it. */
  private long text(Time.Text rule, String text) {
    if (!text.equals(lastText) || text.isEmpty()) {
      try {
        lastMs = ms(rule.formatter().parse(text));
        lastText = text;
      } catch (DateTimeException e) {
        throw new RowRefused(rule.column(), text, "a time like " + rule.pattern());
      }
    }
    return lastMs;
  }

  private static long ms(TemporalAccessor parsed) {
    if (parsed.isSupported(ChronoField.INSTANT_SECONDS)) {
      return parsed.getLong(ChronoField.INSTANT_SECONDS) * 1_000
          + parsed.get(ChronoField.MILLI_OF_SECOND);
    }
    LocalTime time = parsed.query(TemporalQueries.localTime());
    return LocalDate.from(parsed)
        .atTime(time == null ? LocalTime.MIDNIGHT : time)
        .toInstant(ZoneOffset.UTC)
        .toEpochMilli();
  }
}
