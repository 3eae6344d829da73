package dev.varve.table;

import static org.assertj.core.api.Assertions.assertThat;

/** Categories whose hash is as a test wants it: {@link RowIndex#hash} backwards. */
final class Keys {
  private static final long TABLES = 0x9E3779B97F4A7C15L;
  private static final long MULTIPLIER = 0xD6E8FEB86659FD93L;
  private static final long INVERSE = inverse(MULTIPLIER);

  private Keys() {}

  /** The category that has this hash in this table. */
  static long withHash(int table, long hash) {
    long category = ((hash ^ (hash >>> 32)) * INVERSE) ^ ((table + 1) * TABLES);
    assertThat(RowIndex.hash(table, category)).isEqualTo(hash);
    return category;
  }

  /**
   * A hash that names a line of an index and has a tag.
   *
   * @param nth tells apart hashes that agree in both, 0 to 65535
   */
  static long hash(int lines, int line, int tag, int nth) {
    long high = ((((long) line) << 32) + (1L << 31)) / lines;
    return (high << 32) | ((long) nth << 16) | tag;
  }

  /** Newton's iteration: each step doubles the bits that are right. */
  private static long inverse(long odd) {
    long x = odd;
    for (int i = 0; i < 5; i++) {
      x *= 2 - odd * x;
    }
    return x;
  }
}
