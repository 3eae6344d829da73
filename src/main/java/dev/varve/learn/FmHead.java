package dev.varve.learn;

import static dev.varve.kernel.Kernels.KERNELS;

import java.util.Arrays;

/**
 * Factorization machine of order 2 over feature vectors, with a linear weight per category and a
 * bias:
 *
 * <pre>  logit = b + Σ w_f + ½ (‖Σ u_f‖² − Σ ‖u_f‖²)</pre>
 *
 * where u_f and w_f are the vector and weight of feature f, as {@link Pooled} gives them.
 * Categories of the same feature do not interact.
 *
 * <p>Without pairs it is the linear model {@code b + Σ w_f}, the honest baseline: what vectors are
 * worth is what they add to it. Vectors then have no gradient.
 *
 * <p><b>Source:</b> Rendle 2010, equation 5 for the linear-time form; mean pooling is ours.
 */
final class FmHead implements Head {
  private final int dimension;
  private final boolean pairs;
  private final Pooled pooled;
  private final float[] slopes;

  /** float32[D]: sums of an example's squared coordinates. */
  private final float[] squares;

  /** float32[features][D], of features that are not one term. */
  private float[] vectors = {};

  /** float32[examples][D]: the sum over each example's features. */
  private float[] sums = {};

  /** What was predicted with. */
  private float[] servedLast = {};

  /**
   * @param pairs whether products of vectors count, or linear weights alone
   */
  FmHead(int dimension, boolean pairs) {
    this.dimension = dimension;
    this.pairs = pairs;
    this.pooled = new Pooled(dimension);
    this.slopes = new float[dimension];
    this.squares = new float[dimension];
  }

  @Override
  public void predict(MicroBatch batch, float[] served, DenseReplica dense, float[] logits) {
    pooled.linear(batch, served, logits);
    if (!pairs) {
      return;
    }
    servedLast = served;
    int features = batch.firstFeature(batch.size());
    if (vectors.length < features * dimension) {
      vectors = new float[2 * features * dimension];
    }
    if (sums.length < batch.size() * dimension) {
      sums = new float[2 * batch.size() * dimension];
    }
    Arrays.fill(sums, 0, batch.size() * dimension, 0);
    for (int example = 0; example < batch.size(); example++) {
      logits[example] += products(batch, served, example);
    }
  }

  private float products(MicroBatch batch, float[] served, int example) {
    int sum = example * dimension;
    Arrays.fill(squares, 0);
    int end = batch.firstFeature(example + 1);
    for (int feature = batch.firstFeature(example); feature < end; feature++) {
      if (Pooled.isOneTerm(batch, feature)) {
        int term = batch.firstTerm(feature);
        int from = pooled.vectorOf(batch, term);
        KERNELS.addWithSquares(batch.scale(term), served, from, sums, sum, squares, dimension);
      } else {
        pooled.vector(batch, feature, served, vectors, feature * dimension);
        KERNELS.addWithSquares(1, vectors, feature * dimension, sums, sum, squares, dimension);
      }
    }
    float all = KERNELS.squares(sums, sum, dimension);
    for (float square : squares) {
      all -= square;
    }
    return 0.5f * all;
  }

  @Override
  public void gradients(MicroBatch batch, float[] slopesOfLogits, float[] gradients) {
    pooled.linearGradients(batch, slopesOfLogits, gradients);
    for (int example = 0; pairs && example < batch.size(); example++) {
      if (slopesOfLogits[example] == 0) {
        continue;
      }
      int end = batch.firstFeature(example + 1);
      for (int feature = batch.firstFeature(example); feature < end; feature++) {
        // The vector's slope is the sum of the others.
        slope(batch, feature, slopesOfLogits[example], example * dimension);
        pooled.vectorGradients(batch, feature, slopes, 0, gradients);
      }
    }
  }

  private void slope(MicroBatch batch, int feature, float ofLogit, int sum) {
    if (Pooled.isOneTerm(batch, feature)) {
      int term = batch.firstTerm(feature);
      int from = pooled.vectorOf(batch, term);
      float scale = batch.scale(term);
      KERNELS.difference(ofLogit, sums, sum, scale, servedLast, from, slopes, dimension);
    } else {
      int from = feature * dimension;
      KERNELS.difference(ofLogit, sums, sum, 1, vectors, from, slopes, dimension);
    }
  }

  @Override
  public void step(int trainer, DenseReplica dense) {
    // It has no parameters of its own: the bias is the trainer's.
  }
}
