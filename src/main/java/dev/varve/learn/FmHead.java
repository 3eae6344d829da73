package dev.varve.learn;

import java.util.Arrays;

/**
 * Factorization machine of order 2 over feature vectors, with a linear weight per category and a
 * bias:
 *
 * <pre>  logit = b + Σ w_f + ½ (‖Σ u_f‖² − Σ ‖u_f‖²)</pre>
 *
 * where u_f and w_f are the vector and weight of feature f: the mean over its categories, or value
 * times parameters for a numerical feature. Categories of the same feature do not interact.
 *
 * <p>Without pairs it is the linear model {@code b + Σ w_f}, the honest baseline: what vectors are
 * worth is what they add to it. Vectors then have no gradient.
 *
 * <p><b>Source:</b> Rendle 2010, equation 5 for the linear-time form; mean pooling is ours.
 *
 * <p><b>Threads:</b> one per instance; it keeps the sums of the example between {@link #predict}
 * and {@link #gradients}.
 */
final class FmHead {
  private final int dimension;
  private final int stride;
  private final boolean pairs;
  private final float[] sum;
  private float[] pooled = new float[0];

  /**
   * @param stride floats from a slot's state to the next
   */
  FmHead(int dimension, int stride) {
    this(dimension, stride, true);
  }

  /**
   * @param pairs whether products of vectors count, or linear weights alone
   */
  FmHead(int dimension, int stride, boolean pairs) {
    this.dimension = dimension;
    this.stride = stride;
    this.pairs = pairs;
    this.sum = new float[dimension];
  }

  /**
   * Predicts one example of the batch.
   *
   * @param states float32[slots][stride], each a linear weight and d coordinates first
   * @return the logit without the bias
   */
  float predict(MicroBatch batch, int example, float[] states) {
    int begin = batch.firstFeature(example);
    int end = batch.firstFeature(example + 1);
    if (!pairs) {
      return linear(batch, begin, end, states);
    }
    pooled = cleared((end - begin) * dimension);
    Arrays.fill(sum, 0);
    float linear = 0;
    float squares = 0;
    for (int feature = begin; feature < end; feature++) {
      int at = (feature - begin) * dimension;
      linear += pool(batch, feature, states, at);
      for (int i = 0; i < dimension; i++) {
        float u = pooled[at + i];
        sum[i] += u;
        squares += u * u;
      }
    }
    float square = 0;
    for (int i = 0; i < dimension; i++) {
      square += sum[i] * sum[i];
    }
    return linear + 0.5f * (square - squares);
  }

  private float linear(MicroBatch batch, int begin, int end, float[] states) {
    float linear = 0;
    for (int term = batch.firstTerm(begin); term < batch.firstTerm(end); term++) {
      linear += batch.scale(term) * states[batch.slot(term) * stride];
    }
    return linear;
  }

  /** Sums a feature's vectors into {@code pooled} and returns the sum of its linear weights. */
  private float pool(MicroBatch batch, int feature, float[] states, int at) {
    float linear = 0;
    for (int term = batch.firstTerm(feature); term < batch.firstTerm(feature + 1); term++) {
      int state = batch.slot(term) * stride;
      float scale = batch.scale(term);
      linear += scale * states[state];
      for (int i = 0; i < dimension; i++) {
        pooled[at + i] += scale * states[state + 1 + i];
      }
    }
    return linear;
  }

  /**
   * Adds the gradients of the example predicted last.
   *
   * @param slope derivative of the loss by the logit
   * @param gradients a {@link Gradient} for every slot
   */
  void gradients(MicroBatch batch, int example, float slope, float[] gradients) {
    int length = Gradient.length(dimension);
    int begin = batch.firstFeature(example);
    for (int feature = begin; feature < batch.firstFeature(example + 1); feature++) {
      int at = (feature - begin) * dimension;
      for (int term = batch.firstTerm(feature); term < batch.firstTerm(feature + 1); term++) {
        int gradient = batch.slot(term) * length;
        float factor = slope * batch.scale(term);
        gradients[gradient] += factor;
        gradients[gradient + 1 + dimension] += factor * factor;
        if (!pairs) {
          continue;
        }
        float squares = 0;
        for (int i = 0; i < dimension; i++) {
          float slopeOfCoordinate = factor * (sum[i] - pooled[at + i]);
          gradients[gradient + 1 + i] += slopeOfCoordinate;
          squares += slopeOfCoordinate * slopeOfCoordinate;
        }
        gradients[gradient + 2 + dimension] += squares;
      }
    }
  }

  private float[] cleared(int length) {
    if (pooled.length < length) {
      return new float[length];
    }
    Arrays.fill(pooled, 0, length, 0);
    return pooled;
  }
}
