package dev.varve.bench;

/** Rowwise AdaGrad, until the optimizer has it. */
final class RowwiseStep {
  private RowwiseStep() {}

  static void step(float[] state, int dimension, float[] gradients, int from) {
    int sums = 1 + dimension;
    state[sums] += gradients[from + 1 + dimension];
    state[0] -= 0.1f * cut(gradients[from] / (float) Math.sqrt(state[sums] + 0.1f));
    state[sums + 1] += gradients[from + 2 + dimension] / dimension;
    float perRoot = 1 / (float) Math.sqrt(state[sums + 1] + 0.1f);
    for (int i = 1; i <= dimension; i++) {
      state[i] -= 0.04f * cut(perRoot * gradients[from + i]);
    }
  }

  private static float cut(float direction) {
    return direction > 1 ? 1 : direction < -1 ? -1 : direction;
  }
}
