package dev.varve.learn;

import static dev.varve.kernel.Kernels.KERNELS;

import java.util.Arrays;

/**
 * The features of a micro-batch's examples: the mean over a feature's categories, or value times
 * parameters for a numerical feature.
 *
 * <p><b>Threads:</b> one; reused from batch to batch.
 */
final class Pooled {
  private final int dimension;

  /** float32[features][D]. */
  private float[] vectors = {};

  Pooled(int dimension) {
    this.dimension = dimension;
  }

  /**
   * Sums the linear weights of each example.
   *
   * @param served float32[slots][1 + D]
   * @param sums receives float32[examples]
   */
  void linear(MicroBatch batch, float[] served, float[] sums) {
    for (int example = 0; example < batch.size(); example++) {
      float sum = 0;
      int begin = batch.firstTerm(batch.firstFeature(example));
      int end = batch.firstTerm(batch.firstFeature(example + 1));
      for (int term = begin; term < end; term++) {
        sum += batch.scale(term) * served[batch.slot(term) * (1 + dimension)];
      }
      sums[example] = sum;
    }
  }

  /**
   * Pools the vectors of all features.
   *
   * @param served float32[slots][1 + D]
   * @return float32[features][D], good until the next call
   */
  float[] vectors(MicroBatch batch, float[] served) {
    int features = batch.firstFeature(batch.size());
    if (vectors.length < features * dimension) {
      vectors = new float[2 * features * dimension];
    }
    for (int feature = 0; feature < features; feature++) {
      int at = feature * dimension;
      int first = batch.firstTerm(feature);
      if (batch.firstTerm(feature + 1) == first + 1 && batch.scale(first) == 1) {
        // Most features have one category.
        int from = batch.slot(first) * (1 + dimension) + 1;
        KERNELS.copy(served, from, vectors, at, dimension);
        continue;
      }
      Arrays.fill(vectors, at, at + dimension, 0);
      for (int term = batch.firstTerm(feature); term < batch.firstTerm(feature + 1); term++) {
        int from = batch.slot(term) * (1 + dimension) + 1;
        float scale = batch.scale(term);
        KERNELS.add(scale, served, from, vectors, at, dimension);
      }
    }
    return vectors;
  }

  /**
   * Adds the gradients of linear weights, divided by the example's number of features; their
   * squares are not. All weights of an example move its logit the same way, so without it an
   * example of many features would be stepped too far by a rate that is right for one of few.
   *
   * <p><b>Source:</b> the idea of Ross, Mineiro and Langford 2013, section 3 (a rate that does not
   * depend on the inputs' scale), for the number of inputs.
   *
   * @param slopes float32[examples]
   * @param gradients a {@link Gradient} for every slot
   */
  void linearGradients(MicroBatch batch, float[] slopes, float[] gradients) {
    int length = Gradient.length(dimension);
    for (int example = 0; example < batch.size(); example++) {
      int begin = batch.firstTerm(batch.firstFeature(example));
      int end = batch.firstTerm(batch.firstFeature(example + 1));
      float share = batch.linearShare(example);
      for (int term = begin; term < end; term++) {
        int to = batch.slot(term) * length;
        float gradient = slopes[example] * batch.scale(term);
        gradients[to] += share * gradient;
        gradients[to + 1 + dimension] += gradient * gradient;
      }
    }
  }

  /**
   * Adds the gradients of the vectors that a feature was pooled from.
   *
   * @param feature of the batch
   * @param slopes float32[D] from {@code from} on, derivatives by the pooled vector
   * @param gradients a {@link Gradient} for every slot
   */
  void vectorGradients(MicroBatch batch, int feature, float[] slopes, int from, float[] gradients) {
    float squares = KERNELS.squares(slopes, from, dimension);
    for (int term = batch.firstTerm(feature); term < batch.firstTerm(feature + 1); term++) {
      int to = batch.slot(term) * Gradient.length(dimension) + 1;
      float scale = batch.scale(term);
      KERNELS.add(scale, slopes, from, gradients, to, dimension);
      gradients[to + 1 + dimension] += scale * scale * squares;
    }
  }
}
