package dev.varve.log;

import java.util.Arrays;

/**
 * The truth behind generated labels: {@code p = sigmoid(bias + Σ w_f + Σ_{f<g} v_f · v_g)}. Weight
 * and vector of a category are a pure function of seed, feature and category, so nothing is kept
 * per category. Effects are uniform, scaled to the standard deviations of the configuration.
 */
final class PlantedModel {
  /** Standard deviation 1, mean 0: uniform in ±√3. */
  private static final double UNIT = StrictMath.sqrt(3);

  private final GeneratorConfig.Model model;
  private final long seed;
  private final double weightScale;
  private final double vectorScale;
  private final double[] sums;
  private final double[] squares;

  PlantedModel(GeneratorConfig.Model model, int features, long seed) {
    this.model = model;
    this.seed = seed;
    this.weightScale = model.linear() / StrictMath.sqrt(features);
    double terms = features * (features - 1) / 2.0 * model.rank();
    // Each of the terms v_fk * v_gk has variance vectorScale^4.
    this.vectorScale = terms == 0 ? 0 : StrictMath.sqrt(model.pairwise() / StrictMath.sqrt(terms));
    this.sums = new double[model.rank()];
    this.squares = new double[model.rank()];
  }

  /** Probability that the example with these categories is positive, strictly in (0, 1). */
  double probability(int[] categories) {
    double logit = model.bias();
    Arrays.fill(sums, 0);
    Arrays.fill(squares, 0);
    for (int f = 0; f < categories.length; f++) {
      long hash = mix(seed ^ mix(((long) f << 32) | categories[f]));
      logit += weightScale * effect(hash);
      for (int k = 0; k < sums.length; k++) {
        hash = mix(hash);
        double v = vectorScale * effect(hash);
        sums[k] += v;
        squares[k] += v * v;
      }
    }
    for (int k = 0; k < sums.length; k++) {
      // Σ_{f<g} v_f v_g = ((Σ v)² - Σ v²) / 2.
      logit += (sums[k] * sums[k] - squares[k]) / 2;
    }
    return 1 / (1 + StrictMath.exp(-logit));
  }

  private static double effect(long hash) {
    return ((hash >>> 11) * 0x1p-52 - 1) * UNIT;
  }

  /** The finalizer of SplitMix64, after one step of its sequence. */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
