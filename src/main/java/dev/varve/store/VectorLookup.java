package dev.varve.store;

import dev.varve.event.Category;
import dev.varve.table.Basis;
import dev.varve.table.ResidentRows;
import java.util.Arrays;

/**
 * One thread's lookups: sorts the keys of a batch by shard, so that each shard is read once, and
 * brings the vectors back into the caller's order.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class VectorLookup {
  /** Keys that are looked up at a time, at most. */
  static final int MOST = 4 * ResidentRows.CHUNK;

  private final ShardLookup rows = new ShardLookup();
  private final int[] shardOf = new int[MOST];
  private final int[] order = new int[MOST];
  private final long[] sorted = new long[MOST];
  private final int[] dimensions = new int[MOST];
  private int[] ends = new int[0];
  private float[] vectors = new float[0];
  private int size;

  /** The reads of a single shard. */
  ShardLookup rows() {
    return rows;
  }

  /** Takes n keys in, at most {@link #MOST}. */
  void sort(String table, long[] keys, int from, int n, int shards) {
    size = n;
    if (ends.length < shards + 1) {
      ends = new int[shards + 1];
    }
    Arrays.fill(ends, 0);
    for (int i = 0; i < n; i++) {
      shardOf[i] = Category.shard(table, keys[from + i], shards);
      ends[shardOf[i] + 1]++;
    }
    for (int shard = 1; shard <= shards; shard++) {
      ends[shard] += ends[shard - 1];
    }
    // Each shard's start becomes its end while its keys are put in.
    for (int i = 0; i < n; i++) {
      int at = ends[shardOf[i]]++;
      order[at] = i;
      sorted[at] = keys[from + i];
    }
  }

  private int start(int shard) {
    return shard == 0 ? 0 : ends[shard - 1];
  }

  /** Whether a key is of this shard. */
  boolean has(int shard) {
    return ends[shard] > start(shard);
  }

  /** Reads the keys of one shard. */
  void read(Shard shard, int number, String table, Basis basis) {
    if (vectors.length < MOST * basis.width()) {
      vectors = new float[MOST * basis.width()];
    }
    int from = start(number);
    rows.vectors(shard, table, sorted, from, ends[number] - from, basis, vectors, dimensions);
  }

  /** Gives what was read, in the order of the keys, from row {@code from} on. */
  void scatter(int width, float[] to, byte[] statuses, int from) {
    for (int i = 0; i < size; i++) {
      int row = from + order[i];
      System.arraycopy(vectors, i * width, to, row * width, width);
      boolean isRow = dimensions[i] != ResidentRows.ABSENT;
      statuses[row] = (isRow ? LookupStatus.ROW : LookupStatus.UNKNOWN).code();
    }
  }
}
