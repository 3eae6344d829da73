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

  /** The gradient of a row, as wide as that of its vector. */
  private final float[] ofRow;

  Projection(int width, boolean isLearned) {
    this.width = width;
    this.isLearned = isLearned;
    this.ofRow = new float[width];
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
    KERNELS.project(state, at + 1, dimension, table.basis, width, width, out, to + 1);
  }

  /**
   * Makes the gradient of a row of that of its vector; adds to the gradient of the basis.
   *
   * @param state linear weight and d coordinates, from {@code at} on
   * @param gradients hold a {@link Gradient} of the vector from {@code from} on, which becomes one
   *     of the d coordinates; what the vector's lost of its length its squares lose too
   */
  void gradient(float[] state, int at, int dimension, float[] gradients, int from) {
    if (!isLearned && dimension == width) {
      return;
    }
    float all = KERNELS.squares(gradients, from + 1, width);
    float linearSquares = gradients[from + 1 + width];
    float squares = gradients[from + 2 + width];
    if (isLearned) {
      float share = all > 0 ? squares / all : 0;
      KERNELS.addOuter(
          state,
          at + 1,
          dimension,
          gradients,
          from + 1,
          width,
          share,
          table.gradients,
          table.squares);
      KERNELS.project(gradients, from + 1, width, table.turned, width, width, ofRow, 0);
      KERNELS.copy(ofRow, 0, gradients, from + 1, dimension);
    }
    float square = KERNELS.squares(gradients, from + 1, dimension);
    gradients[from + 1 + dimension] = linearSquares;
    gradients[from + 2 + dimension] = all > 0 ? squares * (square / all) : 0;
  }

  /** Steps the bases of the batch. */
  void step(int trainer, DenseReplica dense) {
    for (Table stepped : used) {
      dense.stepBasis(trainer, stepped.name, width, stepped.gradients, stepped.squares);
    }
  }
}
