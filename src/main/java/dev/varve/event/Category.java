package dev.varve.event;

import java.nio.charset.StandardCharsets;
import org.apache.datasketches.hash.XxHash64;

/**
 * The 64-bit name of a category: XxHash64 of the UTF-8 bytes of its text. An integer is its decimal
 * text, so 42 and "42" are one category.
 */
public final class Category {
  private static final long SEED = 0;

  private Category() {}

  public static long key(String id) {
    return key(id.getBytes(StandardCharsets.UTF_8));
  }

  public static long key(long id) {
    return key(Long.toString(id));
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
    return (int) Long.remainderUnsigned(mixed, shards);
  }
}
