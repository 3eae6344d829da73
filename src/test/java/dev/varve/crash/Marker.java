package dev.varve.crash;

/** Where a process is, as it says itself on a line of its standard output. */
public enum Marker {
  /** The application is about to start. */
  STARTING,
  /** A shard is about to be restored. */
  RESTORING,
  /** A shard was restored. */
  RESTORED,
  /** All shards take updates; a broker takes requests. */
  RUNNING,
  /** The first changed row of a commit goes to the changelog. */
  WRITING,
  /** All rows are with the broker; the transaction is about to be committed. */
  COMMITTING,
  /** A new layout goes to the shards; the transaction is open. */
  ANNOUNCING,
  /** Since a layout went out, so many more rows as {@link Setup#ROWS_A_MARK} went as well. */
  MOVED,
  /** The answer to a command goes out; the transaction is open. */
  REPLYING,
  /** The transaction was committed. */
  COMMITTED,
  /** The process has stopped cleanly. */
  STOPPED;

  private static final String PREFIX = "@ ";

  /** Says it, for {@link #in}. */
  public void say() {
    System.out.println(PREFIX + name());
  }

  /** Whether the line says it. */
  boolean in(String line) {
    return line.equals(PREFIX + name());
  }
}
