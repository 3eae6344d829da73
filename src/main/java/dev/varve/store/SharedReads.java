package dev.varve.store;

import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import dev.varve.table.RowReader;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads of shared rows beside the writer: what categories without a row of their own are served as.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class SharedReads {
  private static final int MOST_ROWS = SharedRows.MOST_PARTS * ResidentRows.CHUNK;

  private final RowReader reader;
  private final int[] tables = new int[MOST_ROWS];
  private final long[] keys = new long[MOST_ROWS];
  private final int[] dimensions = new int[MOST_ROWS];
  private final int[] missing = new int[MOST_ROWS];
  private final byte[][] missingKeys = new byte[MOST_ROWS][];
  private final byte[] @Nullable [] values = new byte[MOST_ROWS][];
  private float[] states = {};

  SharedReads(RowReader reader) {
    this.reader = reader;
  }

  /**
   * Reads the states of categories as their shared rows make them up.
   *
   * @param tableOf numbers of tables, categories their categories
   * @param which of them to read; those of a table without shared rows are left out
   * @param n at most {@link ResidentRows#CHUNK}
   * @param out receives float32[n][width]
   * @param width floats of the widest row's state, at least
   * @return the shared rows that were read
   */
  SharedRows read(
      Shard shard, int[] tableOf, long[] categories, int[] which, int n, float[] out, int width) {
    SharedRows shared;
    do {
      // Where those of another layout took their place meanwhile, what was read is no state.
      shared = shard.sharedRows();
      fetch(shard, shared, tableOf, categories, which, n, width);
      int length = shard.rows().encoding().stateLength(shared.dimension());
      int m = 0;
      for (int j = 0; j < n; j++) {
        if (shared.serves(tableOf[which[j]])) {
          shared.compose(states, m * width, width, length, out, j * width);
          m += shared.parts();
        }
      }
    } while (shard.sharedRows() != shared);
    return shared;
  }

  private void fetch(
      Shard shard,
      SharedRows shared,
      int[] tableOf,
      long[] categories,
      int[] which,
      int n,
      int width) {
    int m = 0;
    for (int j = 0; j < n; j++) {
      int i = which[j];
      for (int part = 0; part < shared.parts() && shared.serves(tableOf[i]); part++) {
        tables[m] = shared.id();
        keys[m++] = shared.row(tableOf[i], categories[i], part);
      }
    }
    if (states.length < m * width) {
      states = new float[2 * m * width];
    }
    reader.states(shard.rows(), tables, keys, 0, m, states, width, dimensions);
    int misses = 0;
    for (int i = 0; i < m; i++) {
      if (dimensions[i] == ResidentRows.ABSENT) {
        missing[misses] = i;
        missingKeys[misses++] = RowFormat.key(shared.id(), keys[i]);
      }
    }
    if (misses > 0) {
      Arrays.fill(values, 0, misses, null);
      shard.below().get(missingKeys, misses, values);
    }
    for (int miss = 0; miss < misses; miss++) {
      take(shard, shared, missing[miss], values[miss], width);
    }
  }

  private void take(Shard shard, SharedRows shared, int i, byte @Nullable [] value, int width) {
    var encoding = shard.rows().encoding();
    int length = encoding.stateLength(shared.dimension());
    if (value == null || RowFormat.check(value, encoding) != shared.dimension()) {
      System.arraycopy(shared.initial(keys[i]), 0, states, i * width, length);
    } else {
      RowFormat.state(value, 0, states, i * width, length);
    }
  }
}
