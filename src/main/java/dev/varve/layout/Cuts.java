package dev.varve.layout;

import dev.varve.schema.Block;
import java.util.ArrayList;
import java.util.List;

/**
 * The blocks of one table on the scale of the census, and the rule by which a shard gives rows
 * their dimension: the block of the largest threshold that the popularity reaches; a row above that
 * stays where its block exists and its popularity is at most the hysteresis below its threshold.
 *
 * @param dimensions rising
 * @param edges coordinates of the thresholds, rising; negative infinity for a threshold of 0
 * @param band width of the hysteresis in coordinates
 * @param rise how much further up a threshold is for rows that would rise by it
 */
record Cuts(List<Integer> dimensions, List<Double> edges, double band, double rise) {
  Cuts {
    dimensions = List.copyOf(dimensions);
    edges = List.copyOf(edges);
  }

  Cuts(List<Integer> dimensions, List<Double> edges, double band) {
    this(dimensions, edges, band, 0);
  }

  /** Receives rows that have one dimension and would get one. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Some rows.
     *
     * @param rows how many, never negative
     * @param mass their popularity together
     */
    void rows(int from, int to, double rows, double mass);
  }

  /** The cuts of blocks as a layout has them. */
  static Cuts of(List<Block> blocks, double hysteresis, Scale scale) {
    return new Cuts(
        blocks.stream().map(Block::getDimension).toList(),
        blocks.stream().map(block -> scale.coordinate(block.getThreshold())).toList(),
        band(hysteresis));
  }

  /**
   * Cuts from an edge for each level, where an edge may be as low as the next one: then the level
   * has no rows and is left out.
   */
  static Cuts of(int[] levels, double[] edges, double band) {
    List<Integer> dimensions = new ArrayList<>();
    List<Double> kept = new ArrayList<>();
    for (int i = 0; i < levels.length; i++) {
      if (i + 1 == levels.length || edges[i] < edges[i + 1]) {
        dimensions.add(levels[i]);
        kept.add(edges[i]);
      }
    }
    return new Cuts(dimensions, kept, band);
  }

  /**
   * The same with lower thresholds, as shards lower them where there is room: below the least
   * factor for rows that rise, only those by which they fall.
   *
   * @param by coordinates, at least 0
   */
  Cuts lowered(double by) {
    double least = -Scale.BINS_PER_DOUBLING * Math.log(TableRule.LEAST_RISE) / Math.log(2);
    List<Double> lower = edges.stream().map(edge -> edge - by).toList();
    return new Cuts(dimensions, lower, band, Math.max(0, by - least));
  }

  /** Width in coordinates of a hysteresis from 0 to 1. */
  static double band(double hysteresis) {
    double band = -Scale.BINS_PER_DOUBLING * Math.log1p(-hysteresis) / Math.log(2);
    double bins = Math.rint(band);
    return Math.abs(band - bins) < 1e-6 ? bins : band;
  }

  /**
   * The hysteresis nearest to one asked for whose band is whole bins, so that it is counted
   * exactly.
   */
  static double wholeBins(double hysteresis) {
    double bins = Math.rint(band(hysteresis));
    return -Math.expm1(-bins / Scale.BINS_PER_DOUBLING * Math.log(2));
  }

  /** The blocks as a layout has them. */
  List<Block> blocks(Scale scale) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < edges.size(); i++) {
      blocks.add(
          Block.newBuilder()
              .setDimension(dimensions.get(i))
              .setThreshold(scale.popularity(edges.get(i)))
              .build());
    }
    return blocks;
  }

  /** What rows use that follow these cuts, in units of the cost. */
  double used(TableRows table, RowCost cost) {
    double[] sum = {0};
    visit(table, (_, to, rows, _) -> sum[0] += rows * cost.row(to));
    return sum[0];
  }

  /** Visits all rows of a table, with the dimension that they would get. */
  void visit(TableRows table, Visitor visitor) {
    for (int current : table.dimensions()) {
      int own = dimensions.indexOf(current);
      double stays = own < 0 ? Double.POSITIVE_INFINITY : edges.get(own) - band;
      double from = Double.NEGATIVE_INFINITY;
      for (int i = 0; i <= edges.size(); i++) {
        double to = i < edges.size() ? edge(i, current) : Double.POSITIVE_INFINITY;
        int target = i == 0 ? 0 : dimensions.get(i - 1);
        double split = target < current ? Math.clamp(stays, from, to) : to;
        emit(table, current, target, from, split, visitor);
        emit(table, current, current, split, to, visitor);
        from = to;
      }
    }
  }

  /** From where on a row of this dimension is in a block, or rises to it. */
  private double edge(int block, int current) {
    return edges.get(block) + (dimensions.get(block) > current ? rise : 0);
  }

  private static void emit(
      TableRows table, int current, int target, double from, double to, Visitor visitor) {
    double rows = from < to ? table.rows(current, from, to) : 0;
    if (rows > 0) {
      visitor.rows(current, target, rows, table.mass(current, from, to));
    }
  }
}
