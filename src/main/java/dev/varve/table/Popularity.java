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
 * <p>Popularity is state that a replay must reproduce: all arithmetic is the same to the bit on
 * every machine ({@link Base2}).
 *
 * <p><b>Threads:</b> any.
 *
 * @param halfLifeMs milliseconds of event time, greater than 0
 */
public record Popularity(long halfLifeMs) {
  /** Grade bins per doubling. */
  public static final int BINS_PER_DOUBLING = 16;

  public Popularity {
    Check.that(halfLifeMs > 0, "halfLifeMs", halfLifeMs, "greater than 0");
  }

  /**
   * The share of a count that is left after {@code elapsedMs}, which must not be negative.
   *
   * <p>1 at once, exactly a half after each half-life, 0 after 1022 of them; never grows with the
   * time elapsed. Relative error at most 1e-12.
   */
  public double decay(long elapsedMs) {
    return Base2.twoToMinus((double) elapsedMs / halfLifeMs);
  }

  /**
   * Popularity after more occurrences, at the later of the two times: an event older than the row's
   * latest counts for what is left of it.
   *
   * @param p popularity at {@code timeMs}
   * @param occurrences occurrences at {@code atMs}
   * @return popularity at {@code Math.max(timeMs, atMs)}
   */
  public double added(double p, long timeMs, int occurrences, long atMs) {
    return atMs >= timeMs
        ? p * decay(atMs - timeMs) + occurrences
        : p + occurrences * decay(timeMs - atMs);
  }

  /**
   * The logarithm to the base 2 of a popularity at another time, however far it has decayed;
   * negative infinity for none.
   */
  public double log(double p, long timeMs, long atMs) {
    return p > 0 ? Base2.log(p) - (double) (atMs - timeMs) / halfLifeMs : Double.NEGATIVE_INFINITY;
  }

  /**
   * The histogram bin of a row that had popularity {@code p} at {@code timeMs}: {@code floor(16 *
   * grade)}, with the grade to an error of 1e-9 and of the rounding of {@code t / h}. Never falls
   * when p or the time grows.
   */
  public long bin(double p, long timeMs) {
    double grade = Base2.log(p) + (double) timeMs / halfLifeMs;
    return (long) Math.floor(BINS_PER_DOUBLING * grade);
  }

  /**
   * The popularity at {@code atMs} of a row that lies in a bin.
   *
   * @param within where in the bin, from 0 to 1, by the logarithm of popularity
   */
  public double inBin(long bin, double within, long atMs) {
    return factor((bin + within) / BINS_PER_DOUBLING - (double) atMs / halfLifeMs);
  }

  /** What a popularity is multiplied with when it doubles so often, or halves where negative. */
  public static double factor(double doublings) {
    return doublings >= 0 ? 1 / Base2.twoToMinus(doublings) : Base2.twoToMinus(-doublings);
  }
}
