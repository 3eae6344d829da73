package dev.varve.layout;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the price at which an allocator's layout fits a target, and fills what is left of it.
 *
 * <p>What rows use is counted as shards will give them dimensions: from their current one, with
 * hysteresis, after rounding to levels, with bounds. Thresholds lie on edges of the census' bins,
 * where the count is exact; inside a bin only when more than 1 % of the target would stay free.
 *
 * <p><b>Threads:</b> one.
 */
final class Solver {
  /**
   * What is asked for.
   *
   * @param target what may be used, in units of the cost
   * @param fixed what is used whatever the layout: bases, sketches, pinned categories
   * @param edgesOnly whether thresholds inside bins are forbidden
   */
  record Question(
      CensusView view,
      Map<String, Spectrum> spectra,
      Spectrum unknown,
      Allocator allocator,
      RowCost cost,
      Bounds bounds,
      long target,
      long fixed,
      boolean edgesOnly) {
    /** What the rows of a table use with these edges. */
    double used(TableRows table, Ladder ladder, double[] edges) {
      return Cuts.of(ladder.levels, edges, bounds.band()).used(table, cost);
    }
  }

  private static final int STEPS = 64;

  private final Question question;
  private final List<TableRows> tables;
  private final List<Ladder> ladders = new ArrayList<>();
  private final Ladder others;

  Solver(Question question) {
    this.question = question;
    this.tables = question.view().tables();
    for (TableRows table : tables) {
      Spectrum spectrum = question.spectra().getOrDefault(table.table(), question.unknown());
      ladders.add(ladder(table.table(), spectrum));
    }
    // No feature has an empty name, so the bounds of a table do not apply.
    others = ladder("", question.unknown());
  }

  private Ladder ladder(String table, Spectrum spectrum) {
    return Ladder.of(
        table,
        spectrum,
        question.allocator(),
        question.cost(),
        question.bounds(),
        question.view().scale());
  }

  /** What even the least layout uses: least dimensions, and rows that nothing moves down. */
  long floor() {
    return toUnits(used(edges(Double.POSITIVE_INFINITY)));
  }

  /**
   * The largest allocation that fits.
   *
   * @param budget for the message
   * @throws OverBudgetException when even the least does not
   */
  Allocation solve(Budget budget) throws OverBudgetException {
    if (floor() > question.target()) {
      throw new OverBudgetException(budget, floor(), question.target());
    }
    List<double[]> all = edges(Double.NEGATIVE_INFINITY);
    if (used(all) <= question.target()) {
      return allocation(all, Double.NEGATIVE_INFINITY, used(all));
    }
    double price = price();
    var fill = new Fill(question, ladders, edges(price), price);
    fill.run();
    return allocation(fill.edges(), price, fill.used());
  }

  /** The lowest price that fits, to the precision of doubles. */
  private double price() {
    double tooLow =
        tables.stream().mapToDouble(TableRows::lowest).min().orElse(0)
            - ladders.stream().mapToDouble(Ladder::highestDue).max().orElse(0)
            - 1;
    double fits =
        tables.stream().mapToDouble(TableRows::highest).max().orElse(0)
            - ladders.stream().mapToDouble(Ladder::lowestDue).min().orElse(0)
            + 1
            + question.bounds().band();
    for (int i = 0; i < STEPS; i++) {
      double middle = tooLow + (fits - tooLow) / 2;
      if (used(edges(middle)) <= question.target()) {
        fits = middle;
      } else {
        tooLow = middle;
      }
    }
    return fits;
  }

  private List<double[]> edges(double price) {
    return ladders.stream().map(ladder -> ladder.edges(price)).toList();
  }

  private double used(List<double[]> edges) {
    double used = question.fixed();
    for (int t = 0; t < edges.size(); t++) {
      used += question.used(tables.get(t), ladders.get(t), edges.get(t));
    }
    return used;
  }

  private Allocation allocation(List<double[]> edges, double price, double used) {
    Map<String, Cuts> byTable = new HashMap<>();
    double band = question.bounds().band();
    for (int t = 0; t < edges.size(); t++) {
      byTable.put(tables.get(t).table(), Cuts.of(ladders.get(t).levels, edges.get(t), band));
    }
    return new Allocation(
        byTable, Cuts.of(others.levels, others.edges(price), band), toUnits(used));
  }

  /** Whole units, not fewer than a sum of doubles stands for. */
  static long toUnits(double used) {
    return (long) Math.ceil(used - 1e-6);
  }
}
