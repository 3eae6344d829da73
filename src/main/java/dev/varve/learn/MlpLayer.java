package dev.varve.learn;

import static dev.varve.kernel.Kernels.KERNELS;
import static dev.varve.kernel.Products.PRODUCTS;

import dev.varve.kernel.Products.Factor;
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
  private final float[] biases;
  private final float[] biasGradients;

  /** Of the batch, the caller's: float32[examples][in]. */
  private float[] x = {};

  private float[] y = {};
  private float[] slopes = {};

  /** Sums the examples up. */
  private float[] ones = {};

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
    in = 0;
    for (Block of : blocks) {
      in += of.rows;
    }
    weights = atLeast(weights, in * out);
    int at = 0;
    for (Block of : blocks) {
      int n = of.rows * out;
      dense.readMlp(of.name, n, weights, at);
      at += n;
    }
    dense.readMlp(biasName, out, biases, 0);
  }

  /**
   * What the layer makes of its inputs.
   *
   * @param inputs float32[n][in], looked at again by {@link #backward}
   * @return float32[n][out], good until the next call
   */
  float[] forward(float[] inputs, int n) {
    examples = n;
    x = inputs;
    y = atLeast(y, n * out);
    PRODUCTS.multiply(Factor.of(x, n, in), Factor.of(weights, in, out), y, false);
    KERNELS.addToRows(y, n, biases, out, rectified);
    return y;
  }

  /** Makes an example's inputs 0. */
  void forget(int example) {
    Arrays.fill(x, example * in, (example + 1) * in, 0);
  }

  /**
   * Finds the gradients of the parameters.
   *
   * @param dy float32[n][out], derivatives of the loss by the outputs; changed in place
   */
  void backward(float[] dy) {
    if (rectified) {
      KERNELS.rectify(dy, y, examples * out);
    }
    weightGradients = atLeast(weightGradients, in * out);
    PRODUCTS.multiply(
        Factor.transposed(x, in, examples), Factor.of(dy, examples, out), weightGradients, false);
    if (ones.length < examples) {
      ones = new float[2 * examples];
      Arrays.fill(ones, 1);
    }
    PRODUCTS.multiply(
        Factor.of(ones, 1, examples), Factor.of(dy, examples, out), biasGradients, false);
  }

  /**
   * Finds those of the inputs.
   *
   * @param dy what {@link #backward} made of it
   * @return float32[n][in], derivatives by the inputs, good until the next call
   */
  float[] inputSlopes(float[] dy) {
    slopes = atLeast(slopes, examples * in);
    PRODUCTS.multiply(
        Factor.of(dy, examples, out), Factor.transposed(weights, out, in), slopes, false);
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

  static float[] atLeast(float[] array, int length) {
    return array.length >= length ? array : new float[Math.max(length, 2 * array.length)];
  }
}
