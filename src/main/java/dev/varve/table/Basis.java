package dev.varve.table;

import dev.varve.base.Check;

/**
 * The basis V of a table: a row of dimension d is served as {@code e * V[0:d, :]}.
 *
 * <p><b>Shape:</b> float32[D][D], row-major.
 */
public final class Basis {
  private final int width;
  private final float[] values;
  private final boolean isIdentity;

  private Basis(int width, float[] values, boolean isIdentity) {
    this.width = width;
    this.values = values;
    this.isIdentity = isIdentity;
  }

  /** The basis that everything starts from: a row is served as it is, with zeros behind it. */
  public static Basis identity(int width) {
    return new Basis(width, new float[0], true);
  }

  /** A basis of these values. */
  public static Basis of(int width, float[] values) {
    Check.that(values.length == width * width, "basis", values.length, width + " rows of " + width);
    return new Basis(width, values.clone(), false);
  }

  /**
   * What {@link dev.varve.kernel.Kernels#project} gives, of coordinates that are in an array.
   *
   * @param n coordinates, from {@code from} on
   */
  public void project(float[] coordinates, int from, int n, float[] out, int at) {
    for (int j = 0; j < width; j++) {
      float sum = 0;
      if (isIdentity) {
        sum = j < n ? coordinates[from + j] : 0;
      } else {
        for (int k = 0; k < n; k++) {
          sum = Math.fma(coordinates[from + k], values[k * width + j], sum);
        }
      }
      out[at + j] = sum;
    }
  }

  public int width() {
    return width;
  }

  boolean isIdentity() {
    return isIdentity;
  }

  float[] values() {
    return values;
  }
}
