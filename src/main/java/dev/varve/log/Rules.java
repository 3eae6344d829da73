package dev.varve.log;

import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a mapping says, read and checked; names not yet bound to the columns of a file.
 *
 * @param requestId column, null for none
 * @param features in the order in which examples hold them
 * @param joins by name
 */
record Rules(
    Format format,
    Time time,
    Label label,
    @Nullable String requestId,
    List<Feature> features,
    Map<String, Join> joins,
    @Nullable Explode explode,
    @Nullable Negatives negatives) {

  /** How the rows of a file are written. */
  enum Kind {
    CSV,
    TSV,
    JSONL
  }

  /**
   * How a file is written.
   *
   * @param kind null: as the file's suffix says
   * @param columns names where there is no header
   */
  record Format(@Nullable Kind kind, boolean header, List<String> columns, char delimiter) {
    /** The log names no columns: JSON lines do it row by row. */
    boolean named() {
      return header || !columns.isEmpty();
    }
  }

  /** Where the event time comes from. */
  sealed interface Time {
    record Epoch(String column, long unitMs) implements Time {}

    record Text(String column, String pattern, DateTimeFormatter formatter) implements Time {}

    record Steps(long startMs, long stepMs) implements Time {}
  }

  /** Where the label comes from. */
  sealed interface Label {
    /** A {@code negative} of {@code *} stands for every other value. */
    record Equal(String column, String positive, String negative) implements Label {}

    record AtLeast(String column, double threshold) implements Label {}

    record AllPositive() implements Label {}
  }

  /** A feature: where its values come from and what they are. */
  record Feature(String name, Source source, Values values) {}

  /**
   * What the text of a cell is.
   *
   * @param split separator of several values, null for one value
   * @param last how many of several values are kept, from the end
   */
  record Values(boolean numerical, @Nullable String split, int last) {
    static final Values CATEGORY = new Values(false, null, Integer.MAX_VALUE);
  }

  /** Where the values of a feature come from. */
  sealed interface Source {
    record Column(String column) implements Source {}

    /** Every column that matches is a feature of its own name. */
    record Glob(String pattern) implements Source {
      /** Whether a column's name matches; {@code *} stands for any text. */
      boolean matches(String column) {
        int star = pattern.indexOf('*');
        return column.length() >= pattern.length() - 1
            && column.startsWith(pattern.substring(0, star))
            && column.endsWith(pattern.substring(star + 1));
      }
    }

    record Joined(String join, String column) implements Source {}

    record HourOfDay() implements Source {}

    record DayOfWeek() implements Source {}

    record Previous(String column, String per) implements Source {}
  }

  /** A side table, found by the value that the log's column {@code on} holds. */
  record Join(String file, String key, String on, Format format) {}

  /**
   * One row holds several candidates.
   *
   * @param pairSeparator stands between candidate and label, null when there is no label
   * @param candidate name of the column that holds the candidate
   * @param label name of the column that holds its label, null when there is none
   */
  record Explode(
      String column,
      String separator,
      @Nullable String pairSeparator,
      String candidate,
      @Nullable String label) {}

  /** Sampled negatives of a log of positives. */
  record Negatives(
      String column, int perPositive, long windowMs, boolean byPopularity, long seed) {}
}
