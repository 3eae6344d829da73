package dev.varve.bench;

import static dev.varve.kernel.Kernels.KERNELS;

import dev.varve.kernel.Memory;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A factorization machine and nothing else, to compare with: rows are found by number, stepped by
 * plain SGD one example after the other, and nobody reads beside it. There is no index, no
 * popularity, no state of an optimizer and no lock.
 *
 * <p>It is what a machine can reach with this model in Java: rows of some examples are fetched
 * before they are used, so that cache misses overlap.
 *
 * <p><b>Threads:</b> one.
 */
final class BareFm implements Work, AutoCloseable {
  private static final int D = Settings.DIMENSION;
  private static final int ROW_BYTES = Float.BYTES * (1 + D);

  /** Examples whose rows are fetched together. */
  private static final int GROUP = 32;

  private static final float RATE = 0.01f;

  private final Memory.Region region;
  private final CriteoExamples.Drawn examples;
  private final int fields;
  private final float[] vectors;
  private final float[] sums = new float[D];
  private final float[] squares = new float[D];
  private final float[] gradient = new float[D];
  private int at;

  /** Keeps the loads that only fetch from being optimized away. */
  @SuppressWarnings("UnusedVariable")
  private int sink;

  BareFm(CriteoExamples shape, int examples, long seed) {
    this.examples = shape.drawn(examples, 0);
    this.fields = shape.names().size();
    this.vectors = new float[fields * D];
    long rows = shape.categories().stream().mapToLong(of -> of.length).sum();
    this.region = Memory.reserve(rows * ROW_BYTES, true);
    float[] row = new float[1 + D];
    var random = new SplittableRandom(seed);
    for (long i = 0; i < rows; i++) {
      for (int k = 1; k < row.length; k++) {
        row[k] = 0.1f * (random.nextFloat() - 0.5f);
      }
      KERNELS.store(row, 0, region.address() + i * ROW_BYTES, row.length);
    }
  }

  @Override
  public int run() {
    fetch();
    for (int i = 0; i < GROUP; i++) {
      learn(at + i);
    }
    at = (at + GROUP) % (examples.labels().length - GROUP);
    return GROUP;
  }

  private long row(int example, int field) {
    return region.address() + (long) examples.rows()[example * fields + field] * ROW_BYTES;
  }

  private void fetch() {
    int seen = 0;
    for (int i = 0; i < GROUP * fields; i++) {
      long row = row(at, i);
      seen += Memory.getInt(row) + Memory.getInt(row + ROW_BYTES - Integer.BYTES);
    }
    sink = seen;
  }

  private void learn(int example) {
    float logit = 0;
    Arrays.fill(sums, 0);
    Arrays.fill(squares, 0);
    for (int field = 0; field < fields; field++) {
      long row = row(example, field);
      logit += Memory.getFloat(row);
      KERNELS.load(row + Float.BYTES, vectors, field * D, D);
      KERNELS.addWithSquares(1, vectors, field * D, sums, 0, squares, D);
    }
    float products = KERNELS.squares(sums, 0, D);
    for (float square : squares) {
      products -= square;
    }
    logit += 0.5f * products;
    float slope = (float) (1 / (1 + Math.exp(-logit))) - examples.labels()[example];
    for (int field = 0; field < fields; field++) {
      long row = row(example, field);
      Memory.putFloat(row, Memory.getFloat(row) - RATE * slope);
      KERNELS.difference(slope, sums, 0, 1, vectors, field * D, gradient, D);
      KERNELS.descend(row + Float.BYTES, D, gradient, 0, 1, RATE, 100);
    }
  }

  @Override
  public void close() {
    region.free();
  }
}
