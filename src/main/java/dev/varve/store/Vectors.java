package dev.varve.store;

import org.jspecify.annotations.Nullable;

/**
 * What a lookup of n categories found.
 *
 * <p><b>Shape:</b> {@code vectors} is {@code float32[n][width]}, row-major; the others have one
 * value for each category, in the order of the keys.
 *
 * <p><b>Threads:</b> one at a time. Owns its arrays.
 */
public final class Vectors {
  private final int width;
  private final float[] vectors;
  private final byte[] statuses;
  private final int[] dimensions;
  private final long @Nullable [] timesMs;
  private long lagMs;

  /**
   * Room for an answer.
   *
   * @param n categories
   * @param width of every vector, D
   */
  public Vectors(int n, int width) {
    this(n, width, false);
  }

  /**
   * Room for an answer.
   *
   * @param withTimes whether the times of the rows are looked up too
   */
  public Vectors(int n, int width, boolean withTimes) {
    this.width = width;
    this.vectors = new float[n * width];
    this.statuses = new byte[n];
    this.dimensions = new int[n];
    this.timesMs = withTimes ? new long[n] : null;
  }

  /** How many categories it has room for. */
  public int size() {
    return statuses.length;
  }

  public int width() {
    return width;
  }

  /** The vectors; zeros for a category that nothing is known of. */
  public float[] vectors() {
    return vectors;
  }

  /** Where each vector came from: {@link LookupStatus#code}. */
  public byte[] statuses() {
    return statuses;
  }

  /** Dimension of the row that each vector came from; 0 for a category that nothing is known of. */
  public int[] dimensions() {
    return dimensions;
  }

  /**
   * Event time of the last update of the row that each vector came from, milliseconds since
   * 1970-01-01 UTC, rounded down to 256 ms; 0 for a category without a row of its own. Null where
   * nobody asked.
   */
  public long @Nullable [] timesMs() {
    return timesMs;
  }

  /**
   * How far behind the newest event learned anywhere the oldest copy is that was read, milliseconds
   * of event time; 0 where every shard was read from its owner.
   */
  public long lagMs() {
    return lagMs;
  }

  /** Takes note of a copy that was read. */
  public void readBehind(long ms) {
    lagMs = Math.max(lagMs, ms);
  }
}
