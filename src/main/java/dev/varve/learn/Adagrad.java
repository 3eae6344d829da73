package dev.varve.learn;

import dev.varve.base.Seeds;

/**
 * Per-coordinate Adagrad, and the state that everything learned starts from.
 *
 * <p><b>Shape:</b> a state is float32[2 * (1 + d)]: linear weight, d coordinates, then one sum of
 * squared gradients for each. Rows and the parameters of numerical features are alike; the bias is
 * a state with d = 0.
 *
 * <p>Scalar arithmetic only, so that a replay gives the same bits on every machine.
 *
 * <p><b>Source:</b> Duchi, Hazan and Singer 2011, algorithm 1 (diagonal). We differ in two places.
 * The initial accumulator is added when it is used, so a sum of squares starts at zero and the sums
 * of several trainers add up. And a step takes the gradient of a whole micro-batch, so it adds the
 * squares of the examples' own gradients ({@link Gradient}), and it is cut to the rate: where a
 * popular row's examples agree it would otherwise leap by the root of their number.
 */
public final class Adagrad {
  private final float rate;
  private final float linearRate;
  private final float initialAccumulator;
  private final float initialScale;
  private final long seed;

  public Adagrad(OptimizerConfig config, long seed) {
    this.rate = (float) config.rate();
    this.linearRate = (float) config.linearRate();
    this.initialAccumulator = (float) config.initialAccumulator();
    this.initialScale = (float) config.initialScale();
    this.seed = seed;
  }

  /** The state of a row that was never updated: linear weight 0, coordinates N(0, scale²). */
  public float[] initial(String table, long category, int dimension) {
    return initial(Seeds.mix(Seeds.mix(seed, table), category), dimension);
  }

  /** The state of dense parameters that were never updated. */
  public float[] initial(String name, int dimension) {
    return initial(Seeds.mix(seed, name), dimension);
  }

  private float[] initial(long mixed, int dimension) {
    float[] state = new float[2 * (1 + dimension)];
    Seeds.gaussian(mixed, initialScale, state, 1, 1 + dimension);
    return state;
  }

  /**
   * Takes one step in place.
   *
   * @param state holds the state from {@code at} on
   * @param gradients hold a {@link Gradient} from {@code from} on
   * @return false, with nothing changed, when the gradient or a square of it is not finite
   */
  public boolean step(float[] state, int at, int dimension, float[] gradients, int from) {
    int n = 1 + dimension;
    float squares = 0;
    for (int i = 1; i < n; i++) {
      squares += gradients[from + i] * gradients[from + i];
    }
    float linear = gradients[from];
    float linearSquares = gradients[from + n];
    float vectorSquares = gradients[from + n + 1];
    if (!Float.isFinite(squares + linear * linear + linearSquares + vectorSquares)) {
      return false;
    }
    step(state, at, n, linear, linearSquares, linearRate);
    // Each coordinate's share of the squares is taken to be its share of the sum's square. In
    // double: where the examples' gradients cancel almost wholly, the ratio is no float.
    double ratio = squares > 0 ? (double) vectorSquares / squares : 0;
    for (int i = 1; i < n; i++) {
      float gradient = gradients[from + i];
      step(state, at + i, n, gradient, (float) (ratio * gradient * gradient), rate);
    }
    return true;
  }

  private void step(float[] state, int at, int n, float gradient, float square, float rate) {
    float sum = state[at + n] + square;
    state[at + n] = sum;
    float direction = gradient / (float) Math.sqrt(sum + initialAccumulator);
    state[at] -= rate * Math.clamp(direction, -1, 1);
  }
}
