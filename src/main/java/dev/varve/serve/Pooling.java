package dev.varve.serve;

import dev.varve.store.LookupStatus;
import dev.varve.store.Vectors;

/** How the k vectors of a row of ids become one. */
enum Pooling {
  SUM,
  /** By the number of ids that are no padding, as the trainer takes a feature of many ids. */
  MEAN;

  /**
   * Pools vectors, in float32 and in the order of the ids. Of a row of ids the status is the best
   * that one of them has, row before tail before unknown; the dimension the largest; the time the
   * latest.
   *
   * @param of what was found of n times k ids; of padding nothing
   * @param keys of the ids
   * @param pad the key that is padding
   */
  Vectors pool(Vectors of, long[] keys, long pad, int n, int k) {
    int width = of.width();
    var pooled = new Vectors(n, width, of.timesMs() != null);
    for (int row = 0; row < n; row++) {
      int ids = 0;
      for (int i = row * k; i < (row + 1) * k; i++) {
        if (keys[i] != pad) {
          ids++;
          take(of, i, pooled, row);
        }
      }
      if (this == MEAN && ids > 1) {
        divide(pooled.vectors(), row * width, width, ids);
      }
    }
    return pooled;
  }

  private static void take(Vectors of, int i, Vectors pooled, int row) {
    int width = of.width();
    for (int j = 0; j < width; j++) {
      pooled.vectors()[row * width + j] += of.vectors()[i * width + j];
    }
    pooled.statuses()[row] = best(pooled.statuses()[row], of.statuses()[i]);
    pooled.dimensions()[row] = Math.max(pooled.dimensions()[row], of.dimensions()[i]);
    long[] times = of.timesMs();
    long[] latest = pooled.timesMs();
    if (times != null && latest != null) {
      latest[row] = Math.max(latest[row], times[i]);
    }
  }

  private static byte best(byte a, byte b) {
    byte row = LookupStatus.ROW.code();
    return a == row || b == row ? row : (byte) Math.max(a, b);
  }

  private static void divide(float[] vectors, int at, int width, int by) {
    for (int j = at; j < at + width; j++) {
      vectors[j] /= by;
    }
  }
}
