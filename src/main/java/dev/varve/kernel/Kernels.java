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
