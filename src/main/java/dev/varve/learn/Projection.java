package dev.varve.learn;

import static dev.varve.kernel.Kernels.KERNELS;

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

    /** Its transpose. */
    final float[] turned;

    final float[] gradients;
    final float[] squares;

    Table(String name, int width) {
      this.name = name;
      this.basis = new float[width * width];
      this.turned = new float[width * width];
      this.gradients = new float[width * width];
      this.squares = new float[width * width];
    }
  }

  private final int width;
  private final boolean isLearned;
  private final Map<String, Table> known = new HashMap<>();
  private final List<Table> used = new ArrayList<>();
  private Table table = new Table("", 0);

  /** Of a gradient, the squares. */
  private final float[] squared;

  Projection(int width, boolean isLearned) {
    this.width = width;
    this.isLearned = isLearned;
    this.squared = new float[width];
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
      for (int k = 0; k < width; k++) {
        for (int j = 0; j < width; j++) {
          table.turned[j * width + k] = table.basis[k * width + j];
        }
      }
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
      KERNELS.copy(state, at, out, to, 1 + dimension);
      if (dimension < width) {
        Arrays.fill(out, to + 1 + dimension, to + 1 + width, 0);
      }
      return;
    }
    out[to] = dimension == 0 ? 0 : state[at];
    Arrays.fill(out, to + 1, to + 1 + width, 0);
    for (int k = 0; k < dimension; k++) {
      KERNELS.add(state[at + 1 + k], table.basis, k * width, out, to + 1, width);
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
    if (isLearned) {
      Arrays.fill(out, to + 1, to + 1 + dimension, 0);
      for (int j = 0; j < width; j++) {
        KERNELS.add(gradients[from + 1 + j], table.turned, j * width, out, to + 1, dimension);
      }
    } else {
      KERNELS.copy(gradients, from + 1, out, to + 1, dimension);
    }
    float all = KERNELS.squares(gradients, from + 1, width);
    float square = !isLearned && dimension == width ? all : KERNELS.squares(out, to + 1, dimension);
    float squares = gradients[from + 2 + width];
    out[to + 2 + dimension] = all > 0 ? squares * (square / all) : 0;
    if (isLearned) {
      addToBasis(state, at + 1, dimension, gradients, from + 1, all > 0 ? squares / all : 0);
    }
  }

  private void addToBasis(
      float[] state, int at, int dimension, float[] gradients, int from, float share) {
    for (int j = 0; j < width; j++) {
      squared[j] = gradients[from + j] * gradients[from + j];
    }
    for (int k = 0; k < dimension; k++) {
      float e = state[at + k];
      KERNELS.add(e, gradients, from, table.gradients, k * width, width);
      KERNELS.add(share * e * e, squared, 0, table.squares, k * width, width);
    }
  }

  /** Steps the bases of the batch. */
  void step(int trainer, DenseReplica dense) {
    for (Table stepped : used) {
      dense.stepBasis(trainer, stepped.name, width, stepped.gradients, stepped.squares);
    }
  }
}
