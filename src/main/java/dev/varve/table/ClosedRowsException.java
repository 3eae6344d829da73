package dev.varve.table;

/** The rows have been closed: their shard stops or moves away. */
public final class ClosedRowsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ClosedRowsException() {
    super("rows: closed (expected: open; ask the shard's new owner)");
  }
}
