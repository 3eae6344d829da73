package dev.varve.learn;

/** How steps are computed from gradients; {@link Optimizer} says what each does. */
public enum OptimizerKind {
  SGD,
  ROWWISE_ADAGRAD,
  ADAGRAD
}
