package dev.varve.bench;

/**
 * How often occurrences found their category's row at the dimension that it earned.
 *
 * @param occurrences that were judged
 * @param within of those, where the dimension was at most one level from the earned one
 * @param exact of those, where it was the earned one
 */
public record Hits(long occurrences, long within, long exact) {
  static final Hits NONE = new Hits(0, 0, 0);

  Hits plus(Hits other) {
    return new Hits(occurrences + other.occurrences, within + other.within, exact + other.exact);
  }

  Hits plus(int n, boolean isWithin, boolean isExact) {
    return new Hits(occurrences + n, within + (isWithin ? n : 0), exact + (isExact ? n : 0));
  }

  /** The share that was within one level, 0 to 1; NaN where nothing was judged. */
  public double shareWithin() {
    return (double) within / occurrences;
  }

  /** The share that was exactly right, 0 to 1; NaN where nothing was judged. */
  public double shareExact() {
    return (double) exact / occurrences;
  }
}
