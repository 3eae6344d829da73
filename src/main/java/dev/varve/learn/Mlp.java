package dev.varve.learn;

import java.util.ArrayList;
import java.util.List;

/**
 * A multi-layer perceptron over a micro-batch; hidden layers are rectified.
 *
 * <p><b>Threads:</b> one; reused from batch to batch.
 */
final class Mlp {
  private final String name;
  private final List<MlpLayer> layers = new ArrayList<>();

  /** Weights of the layers behind the first. */
  private final List<List<MlpLayer.Block>> weights = new ArrayList<>();

  /**
   * @param name in the dense model
   * @param hidden widths of the hidden layers
   * @param out width of the last
   * @param rectified whether the last is rectified too
   */
  Mlp(String name, List<Integer> hidden, int out, boolean rectified) {
    this.name = name;
    List<Integer> widths = new ArrayList<>(hidden);
    widths.add(out);
    for (int layer = 0; layer < widths.size(); layer++) {
      int width = widths.get(layer);
      boolean isLast = layer == widths.size() - 1;
      layers.add(new MlpLayer(width, MlpNames.biases(name, layer, width), rectified || !isLast));
      if (layer > 0) {
        int in = widths.get(layer - 1);
        weights.add(List.of(new MlpLayer.Block(MlpNames.weights(name, layer, in, width), in)));
      }
    }
  }

  /** Width of the first layer. */
  static int first(List<Integer> hidden, int out) {
    return hidden.isEmpty() ? out : hidden.getFirst();
  }

  /** Weights and biases of all layers, but for the weights of the first. */
  static long behindFirst(List<Integer> hidden, int out) {
    long weights = out;
    for (int layer = 0; layer < hidden.size(); layer++) {
      int next = layer + 1 < hidden.size() ? hidden.get(layer + 1) : out;
      weights += hidden.get(layer) * (1L + next);
    }
    return weights;
  }

  /** The weights of an input of the first layer, of so many numbers. */
  MlpLayer.Block input(String of, int rows) {
    return new MlpLayer.Block(MlpNames.input(name, layers.getFirst().out(), of), rows);
  }

  /** Begins a batch whose inputs these are, in this order. */
  void begin(List<MlpLayer.Block> inputs, DenseReplica dense) {
    layers.getFirst().begin(inputs, dense);
    for (int layer = 1; layer < layers.size(); layer++) {
      layers.get(layer).begin(weights.get(layer - 1), dense);
    }
  }

  /**
   * What comes out.
   *
   * @param x float32[n][inputs]
   * @return float32[n][out], good until the next call
   */
  float[] forward(float[] x, int n) {
    float[] y = x;
    for (MlpLayer layer : layers) {
      y = layer.forward(y, n);
    }
    return y;
  }

  /** Makes an example's inputs to all layers 0, so that it has no part in gradients. */
  void forget(int example) {
    layers.forEach(layer -> layer.forget(example));
  }

  /**
   * Finds the gradients of all parameters.
   *
   * @param dy float32[n][out], derivatives of the loss by what came out; changed in place
   * @return what {@link #inputSlopes} asks for
   */
  float[] backward(float[] dy) {
    float[] slopes = dy;
    for (int layer = layers.size() - 1; layer > 0; layer--) {
      layers.get(layer).backward(slopes);
      slopes = layers.get(layer).inputSlopes(slopes);
    }
    layers.getFirst().backward(slopes);
    return slopes;
  }

  /**
   * Finds those of the inputs.
   *
   * @param slopes what {@link #backward} gave
   * @return float32[n][inputs], derivatives by the inputs, good until the next call
   */
  float[] inputSlopes(float[] slopes) {
    return layers.getFirst().inputSlopes(slopes);
  }

  /** Steps all parameters by the gradients of the batch. */
  void step(int trainer, DenseReplica dense) {
    layers.forEach(layer -> layer.step(trainer, dense));
  }
}
