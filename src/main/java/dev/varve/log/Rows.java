package dev.varve.log;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of a file, one at a time; what is asked of the current row holds until the next. */
interface Rows extends Closeable {
  /** Names of the columns; empty when each row names its own. */
  List<String> columns();

  /** The index by which a column is asked for; -1 when the file has no such column. */
  int column(String name);

  /** Moves to the next row; false at the end. */
  boolean next() throws IOException;

  /** Why the current row cannot be read, null when it can. */
  @Nullable RowRefused problem();

  /** The text of a cell; empty when there is none. */
  String text(int column);

  /** The texts of a cell that holds an array, otherwise null. */
  @Nullable List<String> list(int column);

  /** The row as it stands in the file, cut. */
  String raw();

  /** Number of the current row, from 1; a header is none. */
  long number();
}
