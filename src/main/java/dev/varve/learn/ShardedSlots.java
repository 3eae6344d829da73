package dev.varve.learn;

import java.util.Arrays;

/** The slots of a micro-batch by the shard that owns their rows, feature by feature. */
final class ShardedSlots {
  /** Feature in the upper half, slot in the lower: sorting groups the slots of a feature. */
  private final long[][] entries;

  private final int[] counts;

  ShardedSlots(int shards) {
    entries = new long[shards][64];
    counts = new int[shards];
  }

  void add(int shard, int feature, int slot) {
    if (counts[shard] == entries[shard].length) {
      entries[shard] = Arrays.copyOf(entries[shard], 2 * counts[shard]);
    }
    entries[shard][counts[shard]++] = (long) feature << Integer.SIZE | slot;
  }

  int[] slots(int shard) {
    Arrays.sort(entries[shard], 0, counts[shard]);
    int[] slots = new int[counts[shard]];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = (int) entries[shard][i];
    }
    return slots;
  }
}
