package dev.varve.log;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Rows that each begin on a line of their own: numbered, and refused when the line is too long. */
abstract class LineRows implements Rows {
  final Lines lines;
  private long number;
  private @Nullable RowRefused problem;

  LineRows(Lines lines) {
    this.lines = lines;
  }

  /** Reads the cells of the row that begins on the current line, or refuses it. */
  abstract void read() throws IOException;

  /** The current row cannot be read. */
  final void refuse(String name, String value, String rule) {
    problem = new RowRefused(name, value, rule);
  }

  @Override
  public final boolean next() throws IOException {
    if (!lines.next()) {
      return false;
    }
    number++;
    problem = null;
    if (lines.tooLong()) {
      refuse("row", "longer", "at most %d characters".formatted(Lines.MAX_CHARS));
    } else {
      read();
    }
    return true;
  }

  @Override
  public final @Nullable RowRefused problem() {
    return problem;
  }

  @Override
  public final String raw() {
    int length = Math.min(lines.to() - lines.from(), LogRow.Refused.RAW_CHARS);
    return new String(lines.chars(), lines.from(), length);
  }

  @Override
  public final long number() {
    return number;
  }

  @Override
  public final void close() throws IOException {
    lines.close();
  }
}
