package dev.varve.log;

import dev.varve.base.Check;
import java.util.random.RandomGenerator;

/**
 * Draws ranks k in [1, n] with probability proportional to k^-s, exactly, in O(1) expected time and
 * without a table.
 *
 * <p>Source: W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from monotone
 * discrete distributions", 1996. With h(x) = x^-s and H its integral, u is drawn uniformly below
 * the hat, x = H⁻¹(u) is rounded to k, and k is taken when u lies on its bar. StrictMath: the same
 * seed gives the same ranks on every machine.
 */
public final class ZipfSampler {
  private static final double NEAR_ZERO = 1e-8;

  private final int n;
  private final double s;
  private final double hatFirst;
  private final double hatLast;
  private final double accepted;

  public ZipfSampler(int n, double s) {
    Check.that(n >= 1, "n", n, "at least 1");
    Check.that(s >= 0, "s", s, "at least 0");
    this.n = n;
    this.s = s;
    this.hatFirst = integral(1.5) - 1;
    this.hatLast = integral(n + 0.5);
    this.accepted = 2 - inverse(integral(2.5) - density(2));
  }

  /** A rank, from 1. */
  public int draw(RandomGenerator random) {
    while (true) {
      double u = hatLast + random.nextDouble() * (hatFirst - hatLast);
      double x = inverse(u);
      int k = (int) Math.clamp(StrictMath.rint(x), 1, n);
      if (k - x <= accepted || u >= integral(k + 0.5) - density(k)) {
        return k;
      }
    }
  }

  private double density(double x) {
    return StrictMath.exp(-s * StrictMath.log(x));
  }

  /** H(x) = (x^(1-s) - 1) / (1-s), and its limit ln x at s = 1. */
  private double integral(double x) {
    double log = StrictMath.log(x);
    double t = (1 - s) * log;
    return log * (Math.abs(t) < NEAR_ZERO ? 1 + t / 2 : StrictMath.expm1(t) / t);
  }

  private double inverse(double u) {
    double t = Math.max(u * (1 - s), -1);
    return StrictMath.exp(u * (Math.abs(t) < NEAR_ZERO ? 1 - t / 2 : StrictMath.log1p(t) / t));
  }
}
