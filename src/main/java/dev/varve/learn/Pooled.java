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

  /** Whether a feature is one slot times a factor, as most are. */
  static boolean isOneTerm(MicroBatch batch, int feature) {
    return batch.firstTerm(feature + 1) == batch.firstTerm(feature) + 1;
  }

  /** Where the vector of a term is in what is served. */
  int vectorOf(MicroBatch batch, int term) {
    return batch.slot(term) * (1 + dimension) + 1;
  }

  /**
   * Pools the vectors of a feature.
   *
   * @param feature of the batch
   * @param served float32[slots][1 + D]
   * @param out receives float32[D] from {@code at} on
   */
  void vector(MicroBatch batch, int feature, float[] served, float[] out, int at) {
    int first = batch.firstTerm(feature);
    if (isOneTerm(batch, feature) && batch.scale(first) == 1) {
      KERNELS.copy(served, vectorOf(batch, first), out, at, dimension);
      return;
    }
    Arrays.fill(out, at, at + dimension, 0);
    for (int term = first; term < batch.firstTerm(feature + 1); term++) {
      KERNELS.add(batch.scale(term), served, vectorOf(batch, term), out, at, dimension);
    }
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
