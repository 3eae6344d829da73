package dev.varve.learn;

/**
 * The gradient of a state, summed over the examples of a micro-batch.
 *
 * <p><b>Shape:</b> float32[3 + d]: the linear weight's gradient, d coordinates', then two sums over
 * the examples: the square of the linear weight's gradient, and the squared length of the vector's.
 * The linear weight's is divided by the number of the example's features ({@link Pooled}), its
 * square is not.
 *
 * <p>The squares of the examples' own gradients are sent beside the sum because Adagrad needs them:
 * the square of a sum of n like gradients is n times the sum of their squares, and an optimizer
 * that takes it for that slows down by the square root of n on the most popular rows.
 */
public final class Gradient {
  private Gradient() {}

  /** Floats of a gradient. */
  public static int length(int dimension) {
    return 3 + dimension;
  }
}
