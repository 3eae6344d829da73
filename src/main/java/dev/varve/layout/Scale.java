package dev.varve.layout;

import dev.varve.base.Check;

/**
 * Popularity at a watermark, and the census bins that stand for it then.
 *
 * <p><b>Units:</b> a bin coordinate u is {@code 16 * (log2(p) + W / h)}; the rows of bin b lie in
 * {@code [b, b + 1)}.
 *
 * @param halfLifeMs half-life h of popularity, milliseconds of event time
 * @param watermarkMs watermark W, milliseconds since 1970-01-01 UTC
 */
record Scale(long halfLifeMs, long watermarkMs) {
  /** Census bins per doubling of popularity. */
  static final int BINS_PER_DOUBLING = 16;

  /** A coordinate this near to an edge of a bin is the edge: it came from a rounded popularity. */
  private static final double SAME_EDGE = 1e-4;

  Scale {
    Check.that(halfLifeMs > 0, "halfLifeMs", halfLifeMs, "above 0");
  }

  /** Popularity at a coordinate; 0 at negative infinity. */
  double popularity(double u) {
    return StrictMath.pow(2, u / BINS_PER_DOUBLING - halfLives());
  }

  /** Coordinate of a popularity; negative infinity for 0. */
  double coordinate(double popularity) {
    double u = ofLog(Math.log(popularity) / Math.log(2));
    double edge = Math.rint(u);
    return Math.abs(u - edge) < SAME_EDGE ? edge : u;
  }

  /** Coordinate of a popularity given by its logarithm of base 2. */
  double ofLog(double log2) {
    return BINS_PER_DOUBLING * (log2 + halfLives());
  }

  private double halfLives() {
    return (double) watermarkMs / halfLifeMs;
  }
}
