package dev.varve.store;

import dev.varve.event.Category;
import dev.varve.table.Basis;
import dev.varve.table.ResidentRows;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * One thread's lookups: sorts the keys of a batch by shard, so that each shard is read once, and
 * has the vectors put where the caller's order wants them.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class VectorLookup {
  /** Keys that are looked up at a time, at most. */
  static final int MOST = 4 * ResidentRows.CHUNK;

  private final ShardLookup rows = new ShardLookup();
  private final int[] shardOf = new int[MOST];
  private final int[] places = new int[MOST];
  private final long[] sorted = new long[MOST];
  private final int[] dimensions = new int[MOST];
  private final byte[] found = new byte[MOST];
  private final long[] timesMs = new long[MOST];
  private int[] ends = new int[0];

  /** The reads of a single shard. */
  ShardLookup rows() {
    return rows;
  }

  /** Gives a shard to what reads it. */
  @FunctionalInterface
  interface Shards {
    void read(int shard, Consumer<Shard> read);
  }

  /**
   * Looks up vectors, as {@link Embeddings#lookup} does.
   *
   * @param count number of shards
   */
  void lookup(String table, long[] keys, int count, Shards shards, Basis basis, Vectors to) {
    for (int from = 0; from < keys.length; from += MOST) {
      int n = Math.min(MOST, keys.length - from);
      sort(table, keys, from, n, count);
      for (int shard = 0; shard < count; shard++) {
        read(shard, table, shards, basis, to);
      }
      scatter(n, to);
    }
  }

  /** Brings the keys of each shard together. */
  private void sort(String table, long[] keys, int from, int n, int count) {
    if (ends.length < count + 1) {
      ends = new int[count + 1];
    }
    Arrays.fill(ends, 0);
    for (int i = 0; i < n; i++) {
      shardOf[i] = Category.shard(table, keys[from + i], count);
      ends[shardOf[i] + 1]++;
    }
    for (int shard = 1; shard <= count; shard++) {
      ends[shard] += ends[shard - 1];
    }
    // Each shard's start becomes its end while its keys are put in.
    for (int i = 0; i < n; i++) {
      int at = ends[shardOf[i]]++;
      places[at] = from + i;
      sorted[at] = keys[from + i];
    }
  }

  private void read(int shard, String table, Shards shards, Basis basis, Vectors to) {
    int start = shard == 0 ? 0 : ends[shard - 1];
    int n = ends[shard] - start;
    if (n > 0) {
      long[] times = to.timesMs() == null ? null : timesMs;
      float[] out = to.vectors();
      shards.read(
          shard,
          of ->
              rows.vectors(
                  of, table, sorted, start, n, basis, out, places, dimensions, found, times));
    }
  }

  /** Gives what was read beside the vectors, in the order of the keys. */
  private void scatter(int n, Vectors to) {
    byte[] statuses = to.statuses();
    int[] ofRows = to.dimensions();
    for (int i = 0; i < n; i++) {
      statuses[places[i]] = found[i];
      ofRows[places[i]] = Math.max(dimensions[i], 0);
    }
    long[] times = to.timesMs();
    for (int i = 0; times != null && i < n; i++) {
      times[places[i]] = timesMs[i];
    }
  }
}
