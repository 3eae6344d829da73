package dev.varve.log;

import dev.varve.schema.Example;

/** What became of a row of a log. */
public sealed interface LogRow {
  /** Number of the row in the log, from 1, the header and empty lines not counted. */
  long row();

  /** An example. A row with several candidates or with sampled negatives gives several. */
  record Mapped(long row, Example example) implements LogRow {}

  /**
   * A row that could not be mapped; nothing of it was.
   *
   * @param raw the row as it stands in the log, cut to {@value #RAW_CHARS} characters
   * @param reason {@code name: value (expected: rule)}
   */
  record Refused(long row, String raw, String reason) implements LogRow {
    static final int RAW_CHARS = 64 * 1024;
  }
}
