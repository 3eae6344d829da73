package dev.varve.event;

import java.nio.charset.StandardCharsets;
import org.apache.datasketches.hash.XxHash64;

/**
 * The 64-bit name of a category: XxHash64 of the UTF-8 bytes of its text. An integer is its decimal
 * text, so 42 and "42" are one category.
 */
public final class Category {
  private static final long SEED = 0;

  /** Of the least 64-bit integer, with its sign. */
  private static final int MOST_DIGITS = 20;

  private Category() {}

  public static long key(String id) {
    return key(id.getBytes(StandardCharsets.UTF_8));
  }

  /** The same as that of its decimal text, which is not made. */
  public static long key(long id) {
    byte[] digits = new byte[MOST_DIGITS];
    int at = MOST_DIGITS;
    // Negative numbers reach further than positive ones.
    long left = id > 0 ? -id : id;
    do {
      digits[--at] = (byte) ('0' - left % 10);
      left /= 10;
    } while (left != 0);
    if (id < 0) {
      digits[--at] = '-';
    }
    return XxHash64.hashBytes(digits, at, MOST_DIGITS - at, SEED);
  }

  /** For the UTF-8 bytes of an id. */
  public static long key(byte[] id) {
    return XxHash64.hashBytes(id, 0, id.length, SEED);
  }

  /**
   * The shard that owns a category's row. The table takes part, so that the most popular "1" of
   * many tables do not meet in one shard.
   */
  public static int shard(String table, long key, int shards) {
    long mixed = XxHash64.hash(key, table.hashCode());
    // A division takes some 40 cycles, and a number of shards is mostly a power of two.
    return (shards & (shards - 1)) == 0
        ? (int) mixed & (shards - 1)
        : (int) Long.remainderUnsigned(mixed, shards);
  }
}
