package dev.varve.layout;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Uses what a price leaves of the target: lowers single edges bin by bin, those first that the
 * price has lowest in their bin, and at last one edge into a bin.
 */
final class Fill {
  /** Below this share of the target nothing more is looked for. */
  private static final double ENOUGH = 0.9995;

  /** Above this share of the target no edge goes into a bin. */
  private static final double SPLIT_BELOW = 0.99;

  /** Bins that an edge may be lowered below its due, at first: one doubling of popularity. */
  private static final double NEAR = Scale.BINS_PER_DOUBLING;

  private static final int STEPS = 40;

  /** An edge that may be lowered to the next bin with rows. */
  private record Step(int table, int level, double to, double below) {}

  private final Solver.Question question;
  private final List<Ladder> ladders;
  private final List<double[]> edges;
  private final double price;
  private final double[] usedByTable;
  private double used;

  Fill(Solver.Question question, List<Ladder> ladders, List<double[]> edges, double price) {
    this.question = question;
    this.ladders = ladders;
    this.edges = new ArrayList<>(edges);
    this.price = price;
    usedByTable = new double[edges.size()];
    used = question.fixed();
    for (int t = 0; t < usedByTable.length; t++) {
      usedByTable[t] = usedBy(t, edges.get(t));
      used += usedByTable[t];
    }
  }

  List<double[]> edges() {
    return edges;
  }

  double used() {
    return used;
  }

  void run() {
    List<Step> refused = lower(NEAR);
    if (used < SPLIT_BELOW * question.target() && !question.edgesOnly()) {
      refused.forEach(this::split);
    }
    if (used < SPLIT_BELOW * question.target()) {
      lower(Double.POSITIVE_INFINITY);
    }
  }

  /** Lowers edges while that fits; gives those that do not, nearest first. */
  private List<Step> lower(double furthest) {
    var queue = new PriorityQueue<>(Comparator.comparingDouble(Step::below));
    for (int t = 0; t < ladders.size(); t++) {
      for (int i = ladders.get(t).first; i < ladders.get(t).levels.length; i++) {
        offer(queue, t, i, furthest);
      }
    }
    List<Step> refused = new ArrayList<>();
    while (used < ENOUGH * question.target() && !queue.isEmpty()) {
      Step step = queue.remove();
      if (step.to != next(step.table, step.level)) {
        offer(queue, step.table, step.level, furthest);
      } else if (take(step.table, Ladder.lowered(edges.get(step.table), step.level, step.to))) {
        offer(queue, step.table, step.level, furthest);
      } else {
        refused.add(step);
      }
    }
    return refused;
  }

  private void offer(PriorityQueue<Step> queue, int table, int level, double furthest) {
    double to = next(table, level);
    double below = ladders.get(table).below(level, to, price);
    if (to > Double.NEGATIVE_INFINITY
        && below <= furthest
        && ladders.get(table).allows(level, to)) {
      queue.add(new Step(table, level, to, below));
    }
  }

  private double next(int table, int level) {
    return question.view().tables().get(table).binBelow(edges.get(table)[level]);
  }

  private boolean take(int table, double[] lowered) {
    double with = usedBy(table, lowered);
    if (used - usedByTable[table] + with > question.target()) {
      return false;
    }
    used += with - usedByTable[table];
    usedByTable[table] = with;
    edges.set(table, lowered);
    return true;
  }

  /** Lowers an edge into the bin that does not fit as a whole. */
  private void split(Step step) {
    double[] before = edges.get(step.table);
    if (used >= SPLIT_BELOW * question.target() || step.to != next(step.table, step.level)) {
      return;
    }
    double above = step.to + 1;
    double below = step.to;
    for (int i = 0; i < STEPS; i++) {
      double middle = (above + below) / 2;
      if (ladders.get(step.table).allows(step.level, middle)
          && take(step.table, Ladder.lowered(before, step.level, middle))) {
        above = middle;
      } else {
        below = middle;
      }
    }
  }

  private double usedBy(int table, double[] edges) {
    return question.used(question.view().tables().get(table), ladders.get(table), edges);
  }
}
