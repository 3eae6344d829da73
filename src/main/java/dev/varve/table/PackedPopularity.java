package dev.varve.table;

/**
 * The 10 bytes that a row spends on its popularity: 40 bits of popularity, 40 bits of event time.
 *
 * <pre>
 *               39      32 31                     0
 *   popularity  | exponent | fraction             |  (1 + fraction / 2^32) * 2^(exponent - 127); or 0
 *   time        | units of 256 ms since 1970      |  to the year 10,889
 * </pre>
 *
 * <p>Popularity is a float32 with a longer fraction, without sign, infinities or NaN: 0, or from
 * 2<sup>-126</sup> to just under 2<sup>129</sup>. Packed values compare as the numbers do.
 *
 * <p>A row is rounded after every count, so the fraction decides what counting can do. With the 23
 * bits of a float32, a row above 2<sup>24</sup> would no longer see an occurrence; and one that is
 * counted all the time would never decay: with a half-life of 90 days a unit of time takes 2e-8 of
 * it, less than half of the last bit. With 32 bits single occurrences count up to 2<sup>33</sup>,
 * and a row that is counted in every unit loses what it should to 0.006 % with a half-life of a
 * day, to 0.5 % with one of 90 days ({@code 2^-33 / (1 - decay(256))}).
 *
 * <p>Time is rounded down before anything is computed from it. To measure from a rounded time to an
 * exact one would age a busy row by 128 ms, on average, with every count.
 *
 * <p><b>Threads:</b> any.
 */
public final class PackedPopularity {
  private static final long LARGEST = (1L << 40) - 1;
  private static final int FRACTION_BITS = 32;
  private static final int DROPPED_BITS = 52 - FRACTION_BITS;
  private static final long HALF_LESS_ONE = (1L << (DROPPED_BITS - 1)) - 1;
  private static final long BIAS = (1023L - 127) << FRACTION_BITS;
  private static final double SMALLEST = 0x1p-126;

  private static final int UNIT_BITS = 8;
  private static final long LAST_MS = (1L << (40 + UNIT_BITS)) - 1;

  private PackedPopularity() {}

  /**
   * The nearest packed popularity, of two as near the even one.
   *
   * @param p at least 0; what is too small becomes 0, what is too large the largest
   */
  public static long packPopularity(double p) {
    long bits = Double.doubleToRawLongBits(p);
    long odd = (bits >>> DROPPED_BITS) & 1;
    long packed = ((bits + HALF_LESS_ONE + odd) >>> DROPPED_BITS) - BIAS;
    return p >= SMALLEST ? Math.min(packed, LARGEST) : 0;
  }

  /** The popularity, exactly. */
  public static double unpackPopularity(long packed) {
    return packed == 0 ? 0 : Double.longBitsToDouble((packed + BIAS) << DROPPED_BITS);
  }

  /** The unit that a time lies in; the first for times before 1970, the last for those too late. */
  public static long packTime(long ms) {
    return Math.max(0, Math.min(ms, LAST_MS)) >>> UNIT_BITS;
  }

  /** The first millisecond of a unit. */
  public static long unpackTime(long units) {
    return units << UNIT_BITS;
  }

  /**
   * Popularity after more occurrences: {@link Popularity#added} between whole units, rounded.
   *
   * <p>That is {@code pack(unpack(popularity) * decay(elapsed) + occurrences)}, or for a late event
   * {@code pack(unpack(popularity) + occurrences * decay(elapsed))}.
   *
   * @return packed popularity at {@code Math.max(units, atUnits)}
   */
  public static long added(
      Popularity decay, long popularity, long units, int occurrences, long atUnits) {
    return added(popularity, units, occurrences, atUnits, left(decay, units, atUnits));
  }

  /** What is left of the earlier of two counts at the later time. */
  static double left(Popularity decay, long units, long atUnits) {
    return decay.decay(unpackTime(Math.abs(atUnits - units)));
  }

  /** The same with what is {@link #left} of the earlier count. */
  static long added(long popularity, long units, int occurrences, long atUnits, double left) {
    double p = unpackPopularity(popularity);
    return packPopularity(atUnits >= units ? p * left + occurrences : p + occurrences * left);
  }
}
