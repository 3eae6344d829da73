package dev.varve.learn;

import dev.varve.event.Category;
import java.util.Arrays;

/**
 * The slots of a micro-batch's categories by the shard that owns their rows, and within a shard by
 * feature.
 *
 * <p><b>Threads:</b> one; reused from batch to batch.
 */
final class ShardedSlots {
  private final int shards;
  private final int[][] slots;

  /** For each slot, shard * features + feature; negative where it is no category's. */
  private int[] places = {};

  /** By place: how many, then where the next goes. */
  private int[] next = {};

  ShardedSlots(int shards) {
    this.shards = shards;
    this.slots = new int[shards][];
  }

  void sort(MicroBatch batch) {
    int features = batch.knownFeatures();
    if (places.length < batch.slots()) {
      places = new int[2 * batch.slots()];
    }
    if (next.length < shards * features) {
      next = new int[2 * shards * features];
    }
    Arrays.fill(next, 0, shards * features, 0);
    for (int slot = 0; slot < batch.slots(); slot++) {
      places[slot] = -1;
      if (batch.isCategory(slot)) {
        int shard = 0;
        if (shards > 1) {
          shard = Category.shard(batch.feature(slot).name(), batch.category(slot), shards);
        }
        places[slot] = shard * features + batch.featureIndex(slot);
        next[places[slot]]++;
      }
    }
    for (int shard = 0; shard < shards; shard++) {
      int n = 0;
      for (int place = shard * features; place < (shard + 1) * features; place++) {
        int before = n;
        n += next[place];
        next[place] = before;
      }
      slots[shard] = new int[n];
    }
    for (int slot = 0; slot < batch.slots(); slot++) {
      int place = places[slot];
      if (place >= 0) {
        slots[place / features][next[place]++] = slot;
      }
    }
  }

  /** The slots that a shard owns, in the order of their features. */
  int[] of(int shard) {
    return slots[shard];
  }
}
