package dev.varve.learn;

import dev.varve.base.Seeds;

/**
 * Per-coordinate Adagrad, and the state that everything learned starts from.
 *
 * <p><b>Shape:</b> a state is float32[2 * (1 + d)]: linear weight, d coordinates, then one sum of
 * squared gradients for each. Rows and the parameters of numerical features are alike; the bias is
 * a state with d = 0.
 *
 * <p>Scalar float arithmetic only, so that a replay gives the same bits on every machine.
 *
 * <p><b>Source:</b> Duchi, Hazan and Singer 2011, algorithm 1 (diagonal); the initial accumulator
 * is added when it is used, so a sum of squares starts at zero and sums of several trainers add up.
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
   * @param gradients hold 1 + d gradients from {@code from} on
   * @return false, with nothing changed, when the gradient or its square is not finite
   */
  public boolean step(float[] state, int at, int dimension, float[] gradients, int from) {
    int n = 1 + dimension;
    float squares = 0;
    for (int i = 0; i < n; i++) {
      squares += gradients[from + i] * gradients[from + i];
    }
    if (!Float.isFinite(squares)) {
      return false;
    }
    step(state, at, n, gradients[from], linearRate);
    for (int i = 1; i < n; i++) {
      step(state, at + i, n, gradients[from + i], rate);
    }
    return true;
  }

  private void step(float[] state, int at, int n, float gradient, float rate) {
    float sum = state[at + n] + gradient * gradient;
    state[at + n] = sum;
    state[at] -= rate * gradient / (float) Math.sqrt(sum + initialAccumulator);
  }
}
