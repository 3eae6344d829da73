package dev.varve.base;

/**
 * Randomness that is a pure function of a seed and names, so that replaying a log gives the same
 * state whatever the order in which it asks.
 *
 * <p><b>Source:</b> the finalizer is SplitMix64's (Steele, Lea and Flood 2014); normal variates by
 * Box and Muller 1958, in {@link StrictMath} because {@link Math} may differ between machines.
 */
public final class Seeds {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private Seeds() {}

  /** Mixes a value into a seed; every bit of the result depends on every bit of both. */
  public static long mix(long seed, long value) {
    long z = seed + GOLDEN_GAMMA * (value + 1);
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Mixes a text into a seed. */
  public static long mix(long seed, String text) {
    long mixed = mix(seed, text.length());
    for (int i = 0; i < text.length(); i++) {
      mixed = mix(mixed, text.charAt(i));
    }
    return mixed;
  }

  /** Uniform in (0, 1]. */
  public static double uniform(long mixed) {
    return ((mixed >>> 11) + 1) * 0x1.0p-53;
  }

  /**
   * Fills {@code [from, to)} with N(0, scale²). Coordinate i depends on the seed and {@code i -
   * from} only, so a longer vector begins like a shorter one.
   */
  public static void gaussian(long seed, float scale, float[] target, int from, int to) {
    gaussian(seed, scale, target, from, to, from);
  }

  /**
   * Fills {@code [begin, to)} only, with the same numbers.
   *
   * @param begin at {@code from} or behind it; the number before it may be filled too
   */
  public static void gaussian(long seed, float scale, float[] target, int from, int to, int begin) {
    for (int i = begin - ((begin - from) & 1); i < to; i += 2) {
      long pair = mix(seed, (i - from) >> 1);
      double radius = scale * StrictMath.sqrt(-2 * StrictMath.log(uniform(mix(pair, 0))));
      double angle = 2 * StrictMath.PI * uniform(mix(pair, 1));
      target[i] = (float) (radius * StrictMath.cos(angle));
      if (i + 1 < to) {
        target[i + 1] = (float) (radius * StrictMath.sin(angle));
      }
    }
  }
}
