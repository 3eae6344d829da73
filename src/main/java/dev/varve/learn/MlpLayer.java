package dev.varve.learn;

import static dev.varve.kernel.Kernels.KERNELS;

import java.util.Arrays;
import java.util.List;

/**
 * A layer of a multi-layer perceptron over a micro-batch: {@code y = x W + b}, and with {@code
 * rectified} what is below 0 of that is 0.
 *
 * <p><b>Threads:</b> one; reused from batch to batch.
 */
final class MlpLayer {
  /**
   * Rows of W that are one block of parameters.
   *
   * @param name in the dense model
   * @param rows inputs
   */
  record Block(String name, int rows) {}

  private final int out;
  private final String biasName;
  private final boolean rectified;
  private List<Block> blocks = List.of();
  private int in;

  /** float32[in][out], and the same for what follows; what is behind in * out is not used. */
  private float[] weights = {};

  private float[] weightGradients = {};
  private float[] transposed = {};
  private final float[] biases;
  private final float[] biasGradients;
  private float[] block = {};
  private float[] rectifiedSlopes = {};
  private float[] y = {};

  /** Transposed input of the batch, float32[in][examples]. */
  private float[] inputs = {};

  private float[] slopes = {};
  private int examples;

  MlpLayer(int out, String biasName, boolean rectified) {
    this.out = out;
    this.biasName = biasName;
    this.rectified = rectified;
    this.biases = new float[out];
    this.biasGradients = new float[out];
  }

  int out() {
    return out;
  }

  /**
   * Begins a batch.
   *
   * @param ofWeights where the weights come from
   */
  void begin(List<Block> ofWeights, DenseReplica dense) {
    blocks = ofWeights;
    in = blocks.stream().mapToInt(Block::rows).sum();
    weights = atLeast(weights, in * out);
    int at = 0;
    for (Block of : blocks) {
      int n = of.rows * out;
      block = atLeast(block, n);
      dense.readMlp(of.name, n, block);
      System.arraycopy(block, 0, weights, at, n);
      at += n;
    }
    dense.readMlp(biasName, out, biases);
  }

  /**
   * What the layer makes of its inputs.
   *
   * @param x float32[n][in]
   * @return float32[n][out], good until the next call
   */
  float[] forward(float[] x, int n) {
    examples = n;
    y = atLeast(y, n * out);
    for (int example = 0; example < n; example++) {
      System.arraycopy(biases, 0, y, example * out, out);
    }
    KERNELS.multiply(x, n, in, weights, out, y);
    for (int i = 0; rectified && i < n * out; i++) {
      y[i] = Math.max(y[i], 0);
    }
    inputs = atLeast(inputs, in * n);
    transpose(x, n, in, inputs);
    return y;
  }

  /**
   * Finds the gradients of the parameters, and those of the inputs.
   *
   * @param dy float32[n][out], derivatives of the loss by the outputs
   * @return float32[n][in], derivatives by the inputs, good until the next call
   */
  float[] backward(float[] dy) {
    float[] behind = dy;
    if (rectified) {
      rectifiedSlopes = atLeast(rectifiedSlopes, examples * out);
      for (int i = 0; i < examples * out; i++) {
        rectifiedSlopes[i] = y[i] > 0 ? dy[i] : 0;
      }
      behind = rectifiedSlopes;
    }
    weightGradients = atLeast(weightGradients, in * out);
    Arrays.fill(weightGradients, 0, in * out, 0);
    KERNELS.multiply(inputs, in, examples, behind, out, weightGradients);
    Arrays.fill(biasGradients, 0);
    for (int i = 0; i < examples * out; i++) {
      biasGradients[i % out] += behind[i];
    }
    transposed = atLeast(transposed, in * out);
    transpose(weights, in, out, transposed);
    slopes = atLeast(slopes, examples * in);
    Arrays.fill(slopes, 0, examples * in, 0);
    KERNELS.multiply(behind, examples, out, transposed, in, slopes);
    return slopes;
  }

  /** Steps the parameters by the gradients of the batch. */
  void step(int trainer, DenseReplica dense) {
    int at = 0;
    for (Block of : blocks) {
      int n = of.rows * out;
      dense.stepMlp(trainer, of.name, weightGradients, at, n, examples);
      at += n;
    }
    dense.stepMlp(trainer, biasName, biasGradients, 0, out, examples);
  }

  private static void transpose(float[] from, int rows, int columns, float[] to) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        to[column * rows + row] = from[row * columns + column];
      }
    }
  }

  static float[] atLeast(float[] array, int length) {
    return array.length >= length ? array : new float[Math.max(length, 2 * array.length)];
  }
}
