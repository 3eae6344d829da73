package dev.varve.store;

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
  private long lagMs;

  /**
   * Room for an answer.
   *
   * @param n categories
   * @param width of every vector, D
   */
  public Vectors(int n, int width) {
    this.width = width;
    this.vectors = new float[n * width];
    this.statuses = new byte[n];
    this.dimensions = new int[n];
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
