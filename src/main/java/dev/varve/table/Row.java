package dev.varve.table;

/**
 * One category's row: popularity and learned state.
 *
 * <p><b>Shape:</b> the state is float32[2 * (1 + d)]: linear weight, d coordinates, then the
 * optimizer's sum of squared gradients for each of them.
 *
 * <p><b>Threads:</b> one writer, any readers. The writer never changes a published state array; it
 * publishes another, so a reader sees a whole state, old or new. All other fields are the writer's
 * own.
 */
public final class Row {
  private final RowKey key;
  private volatile float[] state;
  private double popularity;
  private long timeMs;
  private boolean dirty;
  private boolean recent;

  public Row(RowKey key, double popularity, long timeMs, float[] state) {
    this.key = key;
    this.popularity = popularity;
    this.timeMs = timeMs;
    this.state = state;
  }

  /** Floats of a row's state. */
  public static int stateLength(int dimension) {
    return 2 * (1 + dimension);
  }

  public RowKey key() {
    return key;
  }

  /** The state as last published; nobody may change it. */
  @SuppressWarnings("EI_EXPOSE_REP") // read without a copy: see the class comment
  public float[] state() {
    return state;
  }

  public int dimension() {
    return state.length / 2 - 1;
  }

  /** Popularity at {@link #timeMs}. */
  public double popularity() {
    return popularity;
  }

  /** Latest event time of the category, milliseconds since 1970-01-01 UTC. */
  public long timeMs() {
    return timeMs;
  }

  /** Publishes a state. The array must not be changed afterwards. */
  public void publish(float[] next) {
    state = next;
  }

  /** Counts occurrences; an event older than the row's latest counts for what is left of it. */
  public void count(Popularity decay, int occurrences, long atMs) {
    popularity = decay.added(popularity, timeMs, occurrences, atMs);
    timeMs = Math.max(timeMs, atMs);
  }

  boolean isDirty() {
    return dirty;
  }

  void setDirty(boolean dirty) {
    this.dirty = dirty;
  }

  /** Whether the row was used since the last sweep; reading the mark clears it. */
  boolean takeRecent() {
    boolean was = recent;
    recent = false;
    return was;
  }

  void markRecent() {
    recent = true;
  }
}
