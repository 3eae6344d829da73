package dev.varve.crash;

import dev.varve.base.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A category that has, or had, a row: its popularity at its latest time, what is learned of it, and
 * what was cut off it. Weight and coordinates are numbered from 0, the weight.
 */
final class ExpectedRow {
  /** A weight or coordinate, and the sum of its squared gradients. */
  private record Cell(float value, float squares) {}

  private record Cut(long version, Cell cell) {
    @Override
    public String toString() {
      return Stored.cut(version, cell.value, cell.squares);
    }
  }

  private static final int D = Setup.DIMENSION;

  double popularity;
  long timeMs;
  private final float[] initial = new float[1 + D];
  private final List<Cell> cells = new ArrayList<>();
  private final Map<Integer, Cut> kept = new TreeMap<>();

  ExpectedRow(String table, long category, int dimension) {
    long seed = Seeds.mix(Seeds.mix(Setup.MODEL_SEED, table), category);
    Seeds.gaussian(seed, (float) Setup.OPTIMIZER.initialScale(), initial, 1, 1 + D);
    grow(dimension, 0);
  }

  /** 0 when all of it was cut off. */
  int dimension() {
    return Math.max(0, cells.size() - 1);
  }

  /** Weight and coordinates, then their squares. */
  float[] state() {
    int n = cells.size();
    float[] state = new float[2 * n];
    for (int k = 0; k < n; k++) {
      state[k] = cells.get(k).value;
      state[n + k] = cells.get(k).squares;
    }
    return state;
  }

  /** What was cut off, by coordinate. */
  Map<Integer, ?> kept() {
    return kept;
  }

  // -- moves

  void move(int to, long version, long restores) {
    if (to < dimension()) {
      int left = to == 0 ? 0 : 1 + to;
      while (cells.size() > left) {
        kept.put(cells.size() - 1, new Cut(version, cells.removeLast()));
      }
    } else if (to > dimension()) {
      grow(to, restores);
    }
  }

  /** What comes first is given back what was cut off since the layout that is restored. */
  private void grow(int to, long restores) {
    boolean isGivenBack = restores > 0;
    while (cells.size() < 1 + to) {
      int k = cells.size();
      Cut cut = kept.get(k);
      isGivenBack &= cut != null && cut.version > restores;
      cells.add(isGivenBack && cut != null ? cut.cell : new Cell(initial[k], 0));
      kept.remove(k);
    }
    if (!isGivenBack) {
      kept.clear();
    }
  }

  // -- steps

  /**
   * Adagrad; a gradient of which anything is out of bounds teaches nothing.
   *
   * @param gradient of weight and coordinates as they were read, then the weight's squares and
   *     those of all coordinates together
   */
  void step(float[] gradient) {
    if (gradient.length == 0 || cells.isEmpty()) {
      return;
    }
    float[] fit = fit(gradient, dimension());
    int d = dimension();
    for (int i = 0; i < fit.length; i++) {
      boolean isSquare = i > d;
      if (!(Math.abs(fit[i]) <= (isSquare ? 1e36f : 1e18f)) || (isSquare && fit[i] < 0)) {
        return;
      }
    }
    move(0, fit[0], fit[1 + d], (float) Setup.OPTIMIZER.linearRate());
    float length = (float) Math.sqrt(squareOfLength(fit, d));
    for (int i = 1; i <= d; i++) {
      float share = length > 0 ? fit[i] * (1 / length) : 0;
      move(i, fit[i], share * share * fit[2 + d], (float) Setup.OPTIMIZER.rate());
    }
  }

  /** The coordinates that both have; the squares lose the share that the sum's square loses. */
  private static float[] fit(float[] gradient, int d) {
    int came = gradient.length - 3;
    if (came == d) {
      return gradient;
    }
    float[] fit = new float[3 + d];
    System.arraycopy(gradient, 0, fit, 0, 1 + Math.min(d, came));
    fit[1 + d] = gradient[1 + came];
    float squares = gradient[2 + came];
    if (d < came) {
      float part = squares(gradient, 1, 1 + d);
      float all = part + squares(gradient, 1 + d, 1 + came);
      squares = all > 0 ? squares * (part / all) : 0;
    }
    fit[2 + d] = squares;
    return fit;
  }

  private static float squares(float[] of, int from, int to) {
    float sum = 0;
    for (int i = from; i < to; i++) {
      sum += of[i] * of[i];
    }
    return sum;
  }

  /** Eight sums, each of every eighth coordinate's square; then theirs, two by two. */
  private static float squareOfLength(float[] gradient, int d) {
    float[] sums = new float[8];
    for (int i = 0; i < d; i++) {
      sums[i % 8] += gradient[1 + i] * gradient[1 + i];
    }
    return ((sums[0] + sums[4]) + (sums[2] + sums[6]))
        + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  }

  private void move(int k, float gradient, float square, float rate) {
    Cell before = cells.get(k);
    float squares = before.squares + square;
    float sum = squares + (float) Setup.OPTIMIZER.initialAccumulator();
    float direction = gradient / (float) Math.sqrt(sum);
    float value = before.value - rate * Math.max(-1, Math.min(direction, 1));
    cells.set(k, new Cell(value, squares));
  }
}
