package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.table.Basis;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowReader;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Lookups of vectors in batches, through a reader of its own. */
final class LookupWork implements Work {
  private final Population population;
  private final ResidentRows rows;
  private final Draws draws;
  private final int width;
  private final float[] projection;
  private final Basis basis;
  private final RowReader reader = new RowReader();
  private final int batch;
  private final int[] tables;
  private final long[] keys;
  private final int[] dimensions;
  private final float[] vectors;
  private long absent;

  /**
   * @param projection the basis, float32[width][width]; empty for the identity
   */
  LookupWork(Population population, ResidentRows rows, Draws draws, float[] projection, int batch) {
    this.population = population;
    this.rows = rows;
    this.draws = draws;
    this.width = population.width();
    this.projection = projection;
    this.basis = projection.length == 0 ? Basis.identity(width) : Basis.of(width, projection);
    this.batch = batch;
    this.tables = new int[batch];
    this.keys = new long[batch];
    this.dimensions = new int[batch];
    this.vectors = new float[batch * width];
    Arrays.fill(tables, Population.TABLE);
  }

  @Override
  public int run() {
    draws.next(keys, batch);
    reader.vectors(rows, tables, keys, 0, batch, basis, vectors, dimensions);
    for (int i = 0; i < batch; i++) {
      // The sign bit of ABSENT.
      absent += dimensions[i] >>> 31;
    }
    return batch;
  }

  /** Lookups that found nothing. */
  long absent() {
    return absent;
  }

  /** Fails unless all rows were there and the last batch's vectors are those of its keys. */
  void check() {
    if (absent > 0) {
      throw new IllegalStateException(Check.message("rows not found", absent, "none"));
    }
    for (int i = 0; i < batch; i++) {
      if (!isRight(i)) {
        throw new IllegalStateException(
            Check.message("vector of key " + keys[i], vectors[i * width], "its row's"));
      }
    }
  }

  private boolean isRight(int i) {
    int dimension = population.dimension(keys[i]);
    boolean right = dimensions[i] == dimension;
    for (int j = 0; j < width; j++) {
      right &= vectors[i * width + j] == expected(keys[i], dimension, j);
    }
    return right;
  }

  private float expected(long key, int dimension, int j) {
    // A row's first float is its linear weight.
    if (projection.length == 0) {
      return j < dimension ? Population.value(key, 1 + j) : 0;
    }
    float sum = 0;
    for (int k = 0; k < dimension; k++) {
      sum = Math.fma(Population.value(key, 1 + k), projection[k * width + j], sum);
    }
    return sum;
  }

  /** A basis like one that was learned: no zeros. */
  static float[] learned(int width, long seed) {
    var random = new SplittableRandom(seed);
    float[] values = new float[width * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
