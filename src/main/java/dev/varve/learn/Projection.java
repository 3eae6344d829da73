package dev.varve.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Between the coordinates of rows and the vectors that they are served as, through the bases of a
 * micro-batch's tables: a row e of dimension d is served as {@code u = e * V[0:d, :]}, so a
 * gradient g of u is one of {@code V[0:d, :] * g} of the row, and {@code e[k] * g[j]} of {@code
 * V[k][j]}.
 *
 * <p><b>Source:</b> Ginart et al. 2019, section 4; that the blocks share one nested basis is ours.
 *
 * <p><b>Threads:</b> one; reused from batch to batch.
 */
final class Projection {
  /** One table's basis, and its gradient. */
  private static final class Table {
    final String name;
    final float[] basis;
    final float[] gradients;
    final float[] squares;

    Table(String name, int width) {
      this.name = name;
      this.basis = new float[width * width];
      this.gradients = new float[width * width];
      this.squares = new float[width * width];
    }
  }

  private final int width;
  private final boolean isLearned;
  private final Map<String, Table> known = new HashMap<>();
  private final List<Table> used = new ArrayList<>();
  private Table table = new Table("", 0);

  Projection(int width, boolean isLearned) {
    this.width = width;
    this.isLearned = isLearned;
  }

  /** Begins a batch. */
  void begin() {
    used.clear();
    table = new Table("", 0);
  }

  /** What is asked next is about rows of this table. */
  void of(String name, DenseReplica dense) {
    if (!isLearned || table.name.equals(name)) {
      return;
    }
    table = known.computeIfAbsent(name, _ -> new Table(name, width));
    if (!used.contains(table)) {
      used.add(table);
      dense.readBasis(name, width, table.basis);
      Arrays.fill(table.gradients, 0);
      Arrays.fill(table.squares, 0);
    }
  }

  /**
   * Serves a row.
   *
   * @param state linear weight and d coordinates, from {@code at} on
   * @param out receives linear weight and vector, from {@code to} on
   */
  void serve(float[] state, int at, int dimension, float[] out, int to) {
    if (!isLearned) {
      System.arraycopy(state, at, out, to, 1 + dimension);
      Arrays.fill(out, to + 1 + dimension, to + 1 + width, 0);
      return;
    }
    out[to] = dimension == 0 ? 0 : state[at];
    Arrays.fill(out, to + 1, to + 1 + width, 0);
    for (int k = 0; k < dimension; k++) {
      float e = state[at + 1 + k];
      int row = k * width;
      for (int j = 0; j < width; j++) {
        out[to + 1 + j] += e * table.basis[row + j];
      }
    }
  }

  /**
   * The gradient of a row from that of its vector; adds to the gradient of the basis.
   *
   * @param state linear weight and d coordinates, from {@code at} on
   * @param gradients a {@link Gradient} of the vector, from {@code from} on
   * @param out receives one of the d coordinates, from {@code to} on; what the vector's lost of its
   *     length its squares lose too
   */
  void gradient(
      float[] state, int at, int dimension, float[] gradients, int from, float[] out, int to) {
    out[to] = gradients[from];
    out[to + 1 + dimension] = gradients[from + 1 + width];
    float square = 0;
    for (int k = 0; k < dimension; k++) {
      float g = isLearned ? along(k, gradients, from + 1) : gradients[from + 1 + k];
      out[to + 1 + k] = g;
      square += g * g;
    }
    float all = 0;
    for (int j = 0; j < width; j++) {
      all += gradients[from + 1 + j] * gradients[from + 1 + j];
    }
    float squares = gradients[from + 2 + width];
    out[to + 2 + dimension] = all > 0 ? squares * (square / all) : 0;
    if (isLearned) {
      float share = all > 0 ? squares / all : 0;
      for (int k = 0; k < dimension; k++) {
        addToBasis(k, state[at + 1 + k], gradients, from + 1, share);
      }
    }
  }

  private float along(int k, float[] gradients, int from) {
    float sum = 0;
    for (int j = 0; j < width; j++) {
      sum += table.basis[k * width + j] * gradients[from + j];
    }
    return sum;
  }

  private void addToBasis(int k, float e, float[] gradients, int from, float share) {
    int row = k * width;
    for (int j = 0; j < width; j++) {
      float g = e * gradients[from + j];
      table.gradients[row + j] += g;
      table.squares[row + j] += share * g * g;
    }
  }

  /** Steps the bases of the batch. */
  void step(int trainer, DenseReplica dense) {
    for (Table stepped : used) {
      dense.stepBasis(trainer, stepped.name, width, stepped.gradients, stepped.squares);
    }
  }
}
