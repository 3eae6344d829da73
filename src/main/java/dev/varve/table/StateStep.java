package dev.varve.table;

/** Changes a row's floats where they are. */
@FunctionalInterface
public interface StateStep {
  /**
   * Takes one step.
   *
   * @param state address of the row's floats, in its encoding
   * @param gradients hold what the step is computed from, from {@code from} on
   * @return false, with nothing changed, when that cannot be learned from
   */
  boolean step(long state, int dimension, float[] gradients, int from);
}
