package dev.varve.kernel;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Products of matrices, for perceptrons.
 *
 * <p>The scalar implementation defines the result, and the one with SIMD instructions gives the
 * same bits. <b>OpenBLAS does not</b>: it adds up in an order of its own, which depends on the
 * processor and the shapes. On one machine the same product has the same bits every time. That is
 * enough here and only here: what is computed with products travels as a message once it is known,
 * and nothing that is rebuilt by replay computes one again. Rows are stepped with {@link Kernels}
 * alone.
 *
 * <p><b>Threads:</b> any. A product is computed by the thread that asks for it: trainers share the
 * processors already.
 *
 * <p><b>Errors:</b> shapes are the caller's to check.
 */
public abstract sealed class Products permits ScalarProducts, SimdProducts, BlasProducts {
  /**
   * What this process multiplies with: OpenBLAS where it can be loaded; {@code
   * -Dvarve.products=java} or {@code blas} forces it.
   */
  public static final Products PRODUCTS = select();

  /**
   * A factor, row-major, from the first float of its array on.
   *
   * @param values float32[rows][columns]; with {@code isTransposed} float32[columns][rows]
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Factor(float[] values, int rows, int columns, boolean isTransposed) {
    public static Factor of(float[] values, int rows, int columns) {
      return new Factor(values, rows, columns, false);
    }

    /** The transpose of what is in the array as float32[columns][rows]. */
    public static Factor transposed(float[] values, int rows, int columns) {
      return new Factor(values, rows, columns, true);
    }
  }

  /**
   * Multiplies: {@code c[i][j] = sum over l of a[i][l] * b[l][j]}, added up in the order of l with
   * fused multiply-add.
   *
   * @param a float32[m][k]
   * @param b float32[k][n]
   * @param c receives float32[m][n], row-major from its first float on
   * @param adds whether the sums go on from what is in c, instead of from zero
   */
  public abstract void multiply(Factor a, Factor b, float[] c, boolean adds);

  /** What it is, for the log: {@code openblas, SkylakeX}. */
  public abstract String describe();

  private static Products select() {
    Logger log = LoggerFactory.getLogger(Products.class);
    String wanted = System.getProperty("varve.products", "");
    if (!wanted.equals("java")) {
      try {
        Products blas = BlasProducts.load();
        log.debug("products: {}", blas.describe());
        return blas;
      } catch (BlasProducts.MissingException e) {
        if (wanted.equals("blas")) {
          throw new IllegalStateException(e.getMessage(), e);
        }
        log.warn("products: Java, the head dlrm learns more slowly; {}", e.getMessage());
      }
    }
    return inJava();
  }

  /** Without OpenBLAS: with SIMD instructions where the kernels have them. */
  public static Products inJava() {
    return Kernels.KERNELS instanceof SimdKernels ? new SimdProducts() : new ScalarProducts();
  }
}
