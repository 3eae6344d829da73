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
   * A vector times a matrix: {@code out[j] = sum over i < n of x[i] * m[i][j]}, added up in the
   * order of i with fused multiply-add, from zero.
   *
   * @param x float32[n] from {@code from} on
   * @param matrix float32[n][stride], row-major
   * @param width of the result, at most the stride
   * @param out receives float32[width] from {@code at} on
   */
  public abstract void project(
      float[] x, int from, int n, float[] matrix, int stride, int width, float[] out, int at);

  /**
   * Adds the product of a column and a row, and that of their squares: {@code sums[k][j] += e[k] *
   * g[j]} and {@code squares[k][j] += (share * e[k] * e[k]) * (g[j] * g[j])}, with fused
   * multiply-add.
   *
   * @param e float32[n] from {@code fromE} on
   * @param g float32[width] from {@code fromG} on
   * @param sums float32[n][width], changed in place
   * @param squares float32[n][width], changed in place
   */
  public abstract void addOuter(
      float[] e,
      int fromE,
      int n,
      float[] g,
      int fromG,
      int width,
      float share,
      float[] sums,
      float[] squares);

  /** Whether all of n floats are numbers from -most to most. */
  public abstract boolean isWithin(float[] x, int at, int n, float most);

  /**
   * The sum of n squares: eight sums, each of every eighth square in the order of the array, and of
   * those {@code ((0+4)+(2+6)) + ((1+5)+(3+7))}.
   */
  public abstract float squares(float[] x, int at, int n);

  /**
   * A step that divides all gradients alike: {@code x[i] = clamp(x[i] - rate * clamp(factor * g[i],
   * -1, 1), -most, most)}; what is no number stays so.
   *
   * @param address of n floats, changed in place
   * @param gradients hold n gradients from {@code from} on
   */
  public abstract void descend(
      long address, int n, float[] gradients, int from, float factor, float rate, float most);

  /**
   * A step that divides each gradient by the root of its own squares:
   *
   * <pre>
   *   s[i]  = min(s[i] + (g[i] * unit) * (g[i] * unit) * squares, the largest float)
   *   x[i]  = clamp(x[i] - rate * clamp(scale * g[i] / √(s[i] + initial), -1, 1), -most, most)
   * </pre>
   *
   * @param address of n floats x, changed in place
   * @param sums address of n sums of squares s, changed in place
   * @param gradients hold n gradients from {@code from} on
   */
  public abstract void descendEach(
      long address, long sums, int n, float[] gradients, int from, Shares shares);

  /**
   * What {@link #descendEach} computes with.
   *
   * @param scale of the gradients
   * @param unit makes a gradient the root of its share of the squares
   * @param squares what is shared out
   */
  public record Shares(
      float scale, float unit, float squares, float rate, float initial, float most) {}

  /**
   * A step of weights that lie in the heap, by their own squares, and what it changes:
   *
   * <pre>
   *   sum   = s[i] + (g[i] * g[i]) * share
   *   step  = rate * clamp(g[i] / √(sum + initial), -1, 1)
   *   next  = clamp(x[i] - step, -most, most)
   *   cx[i] += next - x[i],  x[i] = next
   *   cs[i] += sum - s[i],   s[i] = sum
   * </pre>
   *
   * where the quotient and the sum are finite, and nothing elsewhere.
   *
   * @param state float32[2][n], weights x and sums of squares s, changed in place
   * @param change float32[2][n], cx and cs, changed in place
   * @param gradients hold n gradients from {@code from} on
   */
  public abstract void descendAndTell(
      float[] state,
      float[] change,
      int n,
      float[] gradients,
      int from,
      float share,
      float rate,
      float initial,
      float most);

  /**
   * Adds the same to every row, and with {@code rectified} raises what is below 0 to that.
   *
   * @param y float32[rows][width], changed in place
   * @param biases float32[width]
   */
  public abstract void addToRows(float[] y, int rows, float[] biases, int width, boolean rectified);

  /** Makes slopes 0 where y is not above 0; n of both. */
  public abstract void rectify(float[] slopes, float[] y, int n);

  /** Copies n floats; where they are few, faster than a copy of any length. */
  public abstract void copy(float[] from, int at, float[] to, int toAt, int n);

  /** {@code sum[i] += factor * x[i]} with fused multiply-add, n times. */
  public abstract void add(float factor, float[] x, int from, float[] sum, int to, int n);

  /**
   * Adds vectors and their squares: {@code sum[i] += factor * x[i]} and {@code squares[i] +=
   * (factor * x[i]) * (factor * x[i])}, the latter with fused multiply-add, n times.
   */
  public abstract void addWithSquares(
      float factor, float[] x, int from, float[] sum, int to, float[] squares, int n);

  /** {@code out[i] = factor * (a[i] - share * b[i])}, n times. */
  public abstract void difference(
      float factor, float[] a, int fromA, float share, float[] b, int fromB, float[] out, int n);

  /**
   * The dot products of all pairs of vectors, times a factor: {@code factor * (v[i] * v[j])} for i
   * less than j, those of the first vector first. Each is added up in the order of the coordinates
   * with fused multiply-add, from zero.
   *
   * @param vectors float32[count][width] from {@code at} on
   * @param products receives count * (count - 1) / 2 floats from {@code to} on
   */
  public abstract void pairs(
      float factor, float[] vectors, int at, int count, int width, float[] products, int to);

  /**
   * The derivatives by vectors of what {@link #pairs} gives: {@code d[i] += (factor * p[i,j]) *
   * v[j]} and {@code d[j] += (factor * p[i,j]) * v[i]}, in the order of the pairs, with fused
   * multiply-add.
   *
   * @param slopes derivatives p by the products, from {@code from} on
   * @param sums float32[count][width] d, where the vectors are in theirs; changed in place
   */
  public abstract void addPairSlopes(
      float factor,
      float[] slopes,
      int from,
      float[] vectors,
      int at,
      int count,
      int width,
      float[] sums);

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
