package dev.varve.store;

import dev.varve.table.Basis;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowKeys;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads of single rows, for tests that are about something else. */
final class Reads {
  private static final int WIDEST = 128;

  private Reads() {}

  /** The state of a category's row; null where there is none. */
  static float @Nullable [] state(Shard shard, String table, long category) {
    var keys = new RowKeys();
    keys.add(table, category);
    int width = RowEncoding.FLOAT32_ADAGRAD.stateLength(WIDEST);
    float[] states = new float[width];
    int[] dimensions = new int[1];
    new ShardLookup().states(shard, keys, 0, states, width, dimensions, new int[1], new float[1]);
    return dimensions[0] == ResidentRows.ABSENT
        ? null
        : Arrays.copyOf(states, RowEncoding.FLOAT32_ADAGRAD.stateLength(dimensions[0]));
  }

  /** The vector of a category, as it is served. */
  static float[] vector(Shard shard, String table, long category, Basis basis) {
    float[] vector = new float[basis.width()];
    new ShardLookup()
        .vectors(
            shard,
            table,
            new long[] {category},
            0,
            1,
            basis,
            vector,
            new int[1],
            new int[1],
            new byte[1],
            null);
    return vector;
  }
}
