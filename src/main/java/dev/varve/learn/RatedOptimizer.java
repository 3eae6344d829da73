package dev.varve.learn;

import dev.varve.table.StateStep;

/**
 * An optimizer whose rates are multiplied with what each micro-batch says.
 *
 * <p><b>Threads:</b> one.
 */
public final class RatedOptimizer implements StateStep {
  private final Optimizer usual;
  private Optimizer now;
  private float factor = 1;

  public RatedOptimizer(Optimizer usual) {
    this.usual = usual;
    this.now = usual;
  }

  /**
   * The optimizer of the steps that follow.
   *
   * @param of what rates are multiplied with, above 0, at most 1
   */
  public Optimizer at(float of) {
    if (of != factor) {
      factor = of;
      now = usual.times(of);
    }
    return now;
  }

  @Override
  public boolean step(long state, int dimension, float[] gradients, int from) {
    return now.step(state, dimension, gradients, from);
  }
}
