package dev.varve.layout;

import java.util.Arrays;

/**
 * The levels of one table, and the edge of each at a price.
 *
 * <p><b>Units:</b> coordinates of {@link Scale}; a price is a number that is added to them.
 */
final class Ladder {
  final int[] levels;

  /** Levels from here on have a threshold; the one before, if any, is that of every row. */
  final int first;

  private final double[] due;
  private final double[] cap;

  private Ladder(int[] levels, int first, double[] due, double[] cap) {
    this.levels = levels;
    this.first = first;
    this.due = due;
    this.cap = cap;
  }

  /**
   * The levels of a table.
   *
   * @param table its name; one without bounds of its own has those of all
   */
  static Ladder of(
      String table,
      Spectrum spectrum,
      Allocator allocator,
      RowCost cost,
      Bounds bounds,
      Scale scale) {
    int least = bounds.least().getOrDefault(table, 0);
    int most = bounds.most().getOrDefault(table, Integer.MAX_VALUE);
    int[] above =
        bounds.levels().stream().mapToInt(l -> l).filter(l -> l > least && l <= most).toArray();
    double[] thresholds = allocator.thresholds(least, above, cost, spectrum);
    int first = least > 0 ? 1 : 0;
    int[] levels = new int[first + above.length];
    double[] due = new double[levels.length];
    double[] cap = new double[levels.length];
    if (least > 0) {
      levels[0] = least;
    }
    for (int i = first; i < levels.length; i++) {
      levels[i] = above[i - first];
      due[i] = scale.ofLog(Math.log(thresholds[i - first]) / Math.log(2));
      cap[i] =
          bounds.kappa() > 0
              ? scale.coordinate(levels[i] / bounds.kappa())
              : Double.NEGATIVE_INFINITY;
    }
    return new Ladder(levels, first, due, cap);
  }

  /**
   * The edges at a price, each moved up to the next edge of a bin, so that rows are counted
   * exactly.
   */
  double[] edges(double price) {
    double[] edges = new double[levels.length];
    Arrays.fill(edges, 0, first, Double.NEGATIVE_INFINITY);
    for (int i = first; i < edges.length; i++) {
      edges[i] = Math.ceil(Math.max(due[i] + price, cap[i]));
    }
    makeMonotone(edges);
    return edges;
  }

  /** The edges with that of a level, and those of lower levels above it, lowered. */
  static double[] lowered(double[] edges, int level, double to) {
    double[] lowered = edges.clone();
    lowered[level] = to;
    makeMonotone(lowered);
    return lowered;
  }

  /** Whether the cap of a level allows an edge. */
  boolean allows(int level, double edge) {
    return edge >= cap[level];
  }

  /** How far an edge lies below where the price has it. */
  double below(int level, double edge, double price) {
    return due[level] + price - edge;
  }

  /**
   * The lowest and the highest coordinate of an edge at price 0; infinite, crossed, without levels.
   */
  double lowestDue() {
    return Arrays.stream(due, first, due.length).min().orElse(Double.POSITIVE_INFINITY);
  }

  double highestDue() {
    return Arrays.stream(due, first, due.length).max().orElse(Double.NEGATIVE_INFINITY);
  }

  /** A row that reaches the edge of a level has it, so no lower level's edge may lie above. */
  private static void makeMonotone(double[] edges) {
    for (int i = edges.length - 2; i >= 0; i--) {
      edges[i] = Math.min(edges[i], edges[i + 1]);
    }
  }
}
