package dev.varve.learn;

import dev.varve.base.Seeds;
import dev.varve.kernel.Kernels;

/**
 * AdaGrad for each coordinate: best quality, and as much memory again as the row.
 *
 * <p><b>Shape:</b> float32[2 * (1 + d)]: linear weight, d coordinates, then one sum of squared
 * gradients for each.
 *
 * <p><b>Source:</b> Duchi, Hazan and Singer 2011, algorithm 1 (diagonal). We differ in two places.
 * The initial accumulator is added when it is used, so a sum of squares starts at zero and the sums
 * of several trainers add up. And a step takes the gradient of a whole micro-batch, so it adds the
 * squares of the examples' own gradients ({@link Gradient}), and it is cut to the rate: where a
 * popular row's examples agree it would otherwise leap by the root of their number.
 */
public final class Adagrad extends Optimizer {
  private final float initial;
  private final float basisRate;
  private final float denseRate;

  public Adagrad(OptimizerConfig config, long seed) {
    super(OptimizerKind.ADAGRAD, config, seed);
    this.initial = (float) config.initialAccumulator();
    this.basisRate = (float) config.basisRate();
    this.denseRate = (float) config.denseRate();
  }

  @Override
  void stepLinear(long state, int dimension, float gradient, float squares) {
    descend(state, sums(state, dimension), gradient, squares, linearRate, initial);
  }

  /** A coordinate's share of the examples' squares is taken to be its share of the sum's square. */
  @Override
  void stepVector(
      long state, int dimension, float[] gradients, int from, float scale, float squares) {
    float square = KERNELS.squares(gradients, from, dimension);
    float unit = square > 0 ? 1 / (float) Math.sqrt(square) : 0;
    KERNELS.descendEach(
        state + Float.BYTES,
        sums(state, dimension) + Float.BYTES,
        dimension,
        gradients,
        from,
        new Kernels.Shares(scale, unit, squares, rate, initial, largest));
  }

  /**
   * Steps a basis.
   *
   * @param state n weights, then as many sums of squares; changed in place, but where a gradient is
   *     no number
   * @param squares of the rows' own gradients, summed
   */
  void stepBasis(float[] state, int n, float[] gradients, float[] squares) {
    for (int i = 0; i < n; i++) {
      float sum = state[n + i] + squares[i];
      float direction = gradients[i] / (float) Math.sqrt(sum + initial);
      if (Float.isFinite(direction) && sum <= Float.MAX_VALUE) {
        state[n + i] = sum;
        state[i] = Math.clamp(state[i] - basisRate * cut(direction), -largest, largest);
      }
    }
  }

  /** The state of n weights of a perceptron that were never updated. */
  float[] initialMlp(String name, int n, float scale) {
    float[] state = new float[2 * n];
    Seeds.gaussian(Seeds.mix(seed(), name), scale, state, 0, n);
    return state;
  }

  /**
   * Steps weights of a perceptron. The examples' own squares are taken to be alike: each a share of
   * the square of their sum.
   *
   * @param state n weights, then as many sums of squares; changed in place, but where a gradient is
   *     no number
   * @param change what the step changes is added here; of the same shape
   * @param gradients float32[n] from {@code from} on, summed over the examples
   */
  void stepMlp(float[] state, float[] change, int n, float[] gradients, int from, int examples) {
    KERNELS.descendAndTell(
        state, change, n, gradients, from, 1f / examples, denseRate, initial, largest);
  }

  private static long sums(long state, int dimension) {
    return state + (long) Float.BYTES * (1 + dimension);
  }
}
