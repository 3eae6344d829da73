package dev.varve.kernel;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Arithmetic on vectors of floats. The scalar implementation defines every result; the one with
 * SIMD instructions gives the same bits, on every machine: rows are rebuilt by replay, and two
 * copies of a row must not differ by the width of a processor's registers. So what adds up says in
 * which order.
 *
 * <p><b>Threads:</b> any; no state.
 *
 * <p><b>Errors:</b> indices and addresses are the caller's to check.
 */
public abstract sealed class Kernels permits ScalarKernels, SimdKernels {
  /** What this process computes with; {@code -Dvarve.kernels=scalar} or {@code simd} forces it. */
  public static final Kernels KERNELS = select();

  /**
   * Which of sixteen 16-bit numbers are equal to one: a bit for each, the first is the lowest.
   *
   * @param address of 32 bytes
   */
  public abstract int equal16(long address, short to);

  /** Copies n floats from memory into an array. */
  public abstract void load(long address, float[] to, int at, int n);

  /** Copies n floats from an array into memory. */
  public abstract void store(float[] from, int at, long address, int n);

  /**
   * The vector that a row is served as: {@code out[j] = sum over k < d of e[k] * V[k][j]}, added up
   * in the order of k with fused multiply-add, from zero.
   *
   * @param address of the row's d coordinates
   * @param basis float32[>= d][width], row-major
   * @param out receives float32[width] from {@code at} on
   */
  public abstract void project(
      long address, int dimension, float[] basis, int width, float[] out, int at);

  /**
   * Adds a product of matrices: {@code c[i][j] += sum over l of a[i][l] * b[l][j]}, in the order of
   * l with fused multiply-add. All are row-major and begin at the first float of their arrays.
   *
   * @param a float32[m][k]
   * @param b float32[k][n]
   * @param c float32[m][n], changed in place
   */
  public abstract void multiply(float[] a, int m, int k, float[] b, int n, float[] c);

  /** Whether all of n floats are numbers from -most to most. */
  public abstract boolean isWithin(float[] x, int at, int n, float most);

  /**
   * The sum of n squares: eight sums, each of every eighth square in the order of the array, and of
   * those {@code ((0+4)+(2+6)) + ((1+5)+(3+7))}.
   */
  public abstract float squares(float[] x, int at, int n);

  /**
   * A step that divides all gradients alike: {@code x[i] -= rate * clamp(factor * g[i], -1, 1)}.
   *
   * @param address of n floats, changed in place
   * @param gradients hold n gradients from {@code from} on
   */
  public abstract void descend(
      long address, int n, float[] gradients, int from, float factor, float rate);

  /**
   * A step that divides each gradient by the root of its own squares:
   *
   * <pre>
   *   s[i]  = min(s[i] + (g[i] * unit) * (g[i] * unit) * squares, the largest float)
   *   x[i] -= rate * clamp(scale * g[i] / √(s[i] + initial), -1, 1)
   * </pre>
   *
   * @param address of n floats x, changed in place
   * @param sums address of n sums of squares s, changed in place
   * @param gradients hold n gradients from {@code from} on
   */
  public abstract void descendEach(
      long address, long sums, int n, float[] gradients, int from, Shares shares);

  /**
   * Cuts floats to a range: {@code x[i] = clamp(x[i], -most, most)}; what is no number stays so.
   *
   * @param address of n floats, changed in place
   */
  public abstract void clamp(long address, int n, float most);

  /**
   * What {@link #descendEach} computes with.
   *
   * @param scale of the gradients
   * @param unit makes a gradient the root of its share of the squares
   * @param squares what is shared out
   */
  public record Shares(float scale, float unit, float squares, float rate, float initial) {}

  /** What it is, for the log: {@code simd, 512 bits}. */
  public abstract String describe();

  private static Kernels select() {
    String wanted = System.getProperty("varve.kernels", "");
    Logger log = LoggerFactory.getLogger(Kernels.class);
    if (wanted.equals("scalar")) {
      return new ScalarKernels();
    }
    boolean there = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    if (!there) {
      log.warn(
          "kernels: scalar, lookups and steps take longer (expected: the JVM flag --add-modules"
              + " jdk.incubator.vector)");
      return new ScalarKernels();
    }
    Kernels simd = new SimdKernels();
    log.debug("kernels: {}", simd.describe());
    return simd;
  }
}
