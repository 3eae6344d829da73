package dev.varve.learn;

/**
 * Stochastic gradient descent: moves against the gradient, by the rate times its length, and
 * remembers nothing.
 *
 * <p>No float moves farther than the rate: the gradient of a micro-batch is a sum, and without the
 * cut those of the rows that every example has would be steps many times too long, and diverge.
 *
 * <p><b>Shape:</b> float32[1 + d]: linear weight, d coordinates.
 */
public final class Sgd extends Optimizer {
  public Sgd(OptimizerConfig config, long seed) {
    super(OptimizerKind.SGD, config, seed);
  }

  @Override
  void stepLinear(long state, int dimension, float gradient, float squares) {
    descend(state, gradient, linearRate);
  }

  @Override
  void stepVector(
      long state, int dimension, float[] gradients, int from, float scale, float squares) {
    KERNELS.descend(state + Float.BYTES, dimension, gradients, from, scale, rate, largest);
  }
}
