package dev.varve.table;

/**
 * Powers and logarithms of base 2, the same to the bit on every machine.
 *
 * <p>Plain double arithmetic over small tables, which {@link StrictMath} fills once: Java rounds
 * every {@code +}, {@code -}, {@code *} alike everywhere and never joins two of them. {@code
 * StrictMath} itself would do, but takes about ten times as long.
 *
 * <p>Both functions are monotone, although they are pieced together: they cut their argument to a
 * grid whose steps change the value by more than all errors within the piece and at its ends.
 *
 * <p><b>Threads:</b> any.
 *
 * <p><b>Source:</b> P. T. P. Tang, Table-driven implementation of the exponential function (1989)
 * and of the logarithm function (1990) in IEEE floating-point arithmetic, ACM TOMS.
 */
final class Base2 {
  private static final double LN2 = StrictMath.log(2);

  /** An exponent is cut to 44 bits behind the point: the first 8 choose a piece. */
  private static final int POWER_BITS = 44;

  private static final int POWER_PIECE_BITS = 36;
  private static final long POWER_PIECE = 1L << POWER_PIECE_BITS;
  private static final int POWERS = 1 << (POWER_BITS - POWER_PIECE_BITS);
  private static final double POWER_UNIT = 0x1p44;

  /** Pieces reach as far down as up. */
  private static final long HALF_POWER_PIECE = POWER_PIECE / 2;

  /** The last whole exponent at which every power is a normal double. */
  private static final long LAST_EXPONENT = 1021;

  /** Bits of 2^-(i / 256). */
  private static final long[] POWER = new long[POWERS];

  /** A logarithm reads 32 bits of the fraction: the first 7 choose a piece. */
  private static final int FRACTION_BITS = 32;

  private static final int LOG_PIECE_BITS = 25;
  private static final long LOG_PIECE = 1L << LOG_PIECE_BITS;
  private static final int LOGS = 1 << (FRACTION_BITS - LOG_PIECE_BITS);

  /** For the middle c of each piece: log2(c), then 2^-32 / c. */
  private static final double[] LOG = new double[2 * (LOGS + 1)];

  static {
    for (int i = 0; i < POWERS; i++) {
      POWER[i] = Double.doubleToRawLongBits(StrictMath.pow(2, -(double) i / POWERS));
    }
    for (int i = 0; i <= LOGS; i++) {
      double middle = 1 + (double) i / LOGS;
      LOG[2 * i] = StrictMath.log(middle) / LN2;
      LOG[2 * i + 1] = 0x1p-32 / middle;
    }
  }

  private Base2() {}

  /**
   * 2<sup>-x</sup> for x &ge; 0, to a relative error of 1e-12; 0 for x of 1022 and more.
   *
   * <p>Exact where x is whole. Steps of x of 2<sup>-44</sup> and more always show, up to x = 512.
   */
  static double twoToMinus(double x) {
    long exponent = (long) (x * POWER_UNIT) + HALF_POWER_PIECE;
    long whole = exponent >>> POWER_BITS;
    if (whole > LAST_EXPONENT) {
      return 0;
    }
    long piece = POWER[(int) (exponent >>> POWER_PIECE_BITS) & (POWERS - 1)];
    double y = ((exponent & (POWER_PIECE - 1)) - HALF_POWER_PIECE) * (LN2 / POWER_UNIT);
    double rest = 1 - y * (1 - y * (1.0 / 2 - y * (1.0 / 6)));
    return Double.longBitsToDouble(piece - (whole << 52)) * rest;
  }

  /**
   * log<sub>2</sub>(p) for a normal p &gt; 0, to an absolute error of 1e-9; exact for powers of 2.
   *
   * <p>Only the first 32 bits of the fraction are read. Below the smallest normal double the value
   * is no logarithm but still monotone, with -1023 for 0.
   */
  static double log(double p) {
    long bits = Double.doubleToRawLongBits(p) >>> (52 - FRACTION_BITS);
    long fraction = bits & 0xFFFF_FFFFL;
    int piece = (int) ((fraction + LOG_PIECE / 2) >>> LOG_PIECE_BITS);
    double r = (fraction - ((long) piece << LOG_PIECE_BITS)) * LOG[2 * piece + 1];
    double rest = r * (1 / LN2 - r * (1 / (2 * LN2) - r * (1 / (3 * LN2))));
    return (bits >>> FRACTION_BITS) - 1023 + (LOG[2 * piece] + rest);
  }
}
