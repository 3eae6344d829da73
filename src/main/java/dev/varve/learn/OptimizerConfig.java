package dev.varve.learn;

public record OptimizerConfig(
    double rate, double linearRate, double initialAccumulator, double initialScale) {
  public static OptimizerConfig defaults() {
    return new OptimizerConfig(0.05, 0.1, 0.1, 0.01);
  }
}
