package dev.varve.table;

import dev.varve.base.Check;

/**
 * Popularity: a count of occurrences that halves every half-life of event time.
 *
 * <p>A row keeps its popularity p together with the time t at which it had that value; no row is
 * touched to let it decay. The <em>grade</em> {@code log2(p) + t / h} orders rows by popularity at
 * any later time, and does not change while a row is not touched (forward decay, Cormode et al.
 * 2009), so a histogram of grades stays true without being visited.
 *
 * <p>All arithmetic is in {@link StrictMath}: popularity is state that a replay must reproduce.
 *
 * @param halfLifeMs milliseconds of event time, greater than 0
 */
public record Popularity(long halfLifeMs) {
  /** Grade bins per doubling. */
  public static final int BINS_PER_DOUBLING = 4;

  public Popularity {
    Check.that(halfLifeMs > 0, "halfLifeMs", halfLifeMs, "greater than 0");
  }

  /** The share of a count that is left after {@code elapsedMs}. */
  public double decay(long elapsedMs) {
    return elapsedMs == 0 ? 1 : StrictMath.pow(2, -(double) elapsedMs / halfLifeMs);
  }

  /** The histogram bin of a row that had popularity {@code p} at {@code timeMs}. */
  public long bin(double p, long timeMs) {
    double grade = StrictMath.log(p) / StrictMath.log(2) + (double) timeMs / halfLifeMs;
    return (long) Math.floor(BINS_PER_DOUBLING * grade);
  }
}
