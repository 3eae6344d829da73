package dev.varve.kernel;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Kernels} with the Vector API; every method is the bit-identical twin of the scalar one.
 */
final class SimdKernels extends Kernels {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = S.length();
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final VectorSpecies<Short> SIXTEEN_SHORTS = ShortVector.SPECIES_256;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private final Kernels scalar = new ScalarKernels();

  @Override
  public int equal16(long address, short to) {
    if (LANES < 8) {
      return scalar.equal16(address, to);
    }
    return (int)
        ShortVector.fromMemorySegment(SIXTEEN_SHORTS, Memory.ALL, address, ORDER)
            .compare(VectorOperators.EQ, to)
            .toLong();
  }

  @Override
  public void load(long address, float[] to, int at, int n) {
    int i = 0;
    for (int end = n - LANES; i <= end; i += LANES) {
      FloatVector.fromMemorySegment(S, Memory.ALL, address + 4L * i, ORDER).intoArray(to, at + i);
    }
    for (; i < n; i++) {
      to[at + i] = Memory.getFloat(address + 4L * i);
    }
  }

  @Override
  public void store(float[] from, int at, long address, int n) {
    int i = 0;
    for (int end = n - LANES; i <= end; i += LANES) {
      FloatVector.fromArray(S, from, at + i).intoMemorySegment(Memory.ALL, address + 4L * i, ORDER);
    }
    for (; i < n; i++) {
      Memory.putFloat(address + 4L * i, from[at + i]);
    }
  }

  @Override
  public void project(long address, int dimension, float[] basis, int width, float[] out, int at) {
    int j = 0;
    for (int end = width - 4 * LANES; j <= end; j += 4 * LANES) {
      projectFour(address, dimension, basis, width, out, at, j);
    }
    for (int end = width - LANES; j <= end; j += LANES) {
      FloatVector sum = FloatVector.zero(S);
      for (int k = 0; k < dimension; k++) {
        float e = Memory.getFloat(address + 4L * k);
        sum = FloatVector.fromArray(S, basis, k * width + j).fma(FloatVector.broadcast(S, e), sum);
      }
      sum.intoArray(out, at + j);
    }
    for (; j < width; j++) {
      float sum = 0;
      for (int k = 0; k < dimension; k++) {
        sum = Math.fma(Memory.getFloat(address + 4L * k), basis[k * width + j], sum);
      }
      out[at + j] = sum;
    }
  }

  /** Four sums at a time, so that one does not wait for the multiplication before it. */
  private static void projectFour(
      long address, int dimension, float[] basis, int width, float[] out, int at, int j) {
    FloatVector a = FloatVector.zero(S);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int k = 0; k < dimension; k++) {
      FloatVector e = FloatVector.broadcast(S, Memory.getFloat(address + 4L * k));
      int from = k * width + j;
      a = FloatVector.fromArray(S, basis, from).fma(e, a);
      b = FloatVector.fromArray(S, basis, from + LANES).fma(e, b);
      c = FloatVector.fromArray(S, basis, from + 2 * LANES).fma(e, c);
      d = FloatVector.fromArray(S, basis, from + 3 * LANES).fma(e, d);
    }
    a.intoArray(out, at + j);
    b.intoArray(out, at + j + LANES);
    c.intoArray(out, at + j + 2 * LANES);
    d.intoArray(out, at + j + 3 * LANES);
  }

  @Override
  public void multiply(float[] a, int m, int k, float[] b, int n, float[] c) {
    int i = 0;
    for (; i <= m - 4; i += 4) {
      int j = 0;
      for (; j <= n - 2 * LANES; j += 2 * LANES) {
        fourRows(a, i, k, b, j, n, c);
      }
      for (int row = i; row < i + 4; row++) {
        row(a, row, k, b, j, n, c);
      }
    }
    for (; i < m; i++) {
      row(a, i, k, b, 0, n, c);
    }
  }

  /** Two vectors of four rows: eight sums, of which none waits for another. */
  private static void fourRows(float[] a, int i, int k, float[] b, int j, int n, float[] c) {
    int at = i * n + j;
    FloatVector c00 = FloatVector.fromArray(S, c, at);
    FloatVector c01 = FloatVector.fromArray(S, c, at + LANES);
    FloatVector c10 = FloatVector.fromArray(S, c, at + n);
    FloatVector c11 = FloatVector.fromArray(S, c, at + n + LANES);
    FloatVector c20 = FloatVector.fromArray(S, c, at + 2 * n);
    FloatVector c21 = FloatVector.fromArray(S, c, at + 2 * n + LANES);
    FloatVector c30 = FloatVector.fromArray(S, c, at + 3 * n);
    FloatVector c31 = FloatVector.fromArray(S, c, at + 3 * n + LANES);
    int from = i * k;
    for (int l = 0; l < k; l++) {
      FloatVector left = FloatVector.fromArray(S, b, l * n + j);
      FloatVector right = FloatVector.fromArray(S, b, l * n + j + LANES);
      FloatVector a0 = FloatVector.broadcast(S, a[from + l]);
      c00 = left.fma(a0, c00);
      c01 = right.fma(a0, c01);
      FloatVector a1 = FloatVector.broadcast(S, a[from + k + l]);
      c10 = left.fma(a1, c10);
      c11 = right.fma(a1, c11);
      FloatVector a2 = FloatVector.broadcast(S, a[from + 2 * k + l]);
      c20 = left.fma(a2, c20);
      c21 = right.fma(a2, c21);
      FloatVector a3 = FloatVector.broadcast(S, a[from + 3 * k + l]);
      c30 = left.fma(a3, c30);
      c31 = right.fma(a3, c31);
    }
    c00.intoArray(c, at);
    c01.intoArray(c, at + LANES);
    c10.intoArray(c, at + n);
    c11.intoArray(c, at + n + LANES);
    c20.intoArray(c, at + 2 * n);
    c21.intoArray(c, at + 2 * n + LANES);
    c30.intoArray(c, at + 3 * n);
    c31.intoArray(c, at + 3 * n + LANES);
  }

  private static void row(float[] a, int i, int k, float[] b, int j, int n, float[] c) {
    int from = j;
    for (; from <= n - LANES; from += LANES) {
      FloatVector sum = FloatVector.fromArray(S, c, i * n + from);
      for (int l = 0; l < k; l++) {
        FloatVector factor = FloatVector.broadcast(S, a[i * k + l]);
        sum = FloatVector.fromArray(S, b, l * n + from).fma(factor, sum);
      }
      sum.intoArray(c, i * n + from);
    }
    ScalarKernels.multiply(a, i, k, b, from, n, c);
  }

  @Override
  public boolean isWithin(float[] x, int at, int n, float most) {
    if (n == LANES) {
      return isWithin(S, x, at, most);
    }
    int i = 0;
    boolean within = true;
    for (; i <= n - LANES; i += LANES) {
      within &= isWithin(S, x, at + i, most);
    }
    if (LANES > 8 && i <= n - 8) {
      within &= isWithin(EIGHT, x, at + i, most);
      i += 8;
    }
    if (LANES > 4 && i <= n - 4) {
      within &= isWithin(FOUR, x, at + i, most);
      i += 4;
    }
    return within && ScalarKernels.isWithin(x, at, i, n, most);
  }

  private static boolean isWithin(VectorSpecies<Float> species, float[] x, int at, float most) {
    return FloatVector.fromArray(species, x, at).abs().compare(VectorOperators.LE, most).allTrue();
  }

  @Override
  public float squares(float[] x, int at, int n) {
    FloatVector first = FloatVector.zero(FOUR);
    FloatVector second = first;
    int i = 0;
    for (int end = n - 8; i <= end; i += 8) {
      FloatVector a = FloatVector.fromArray(FOUR, x, at + i);
      FloatVector b = FloatVector.fromArray(FOUR, x, at + i + 4);
      first = a.mul(a).add(first);
      second = b.mul(b).add(second);
    }
    FloatVector sums = first.add(second);
    if (i == n) {
      return (sums.lane(0) + sums.lane(2)) + (sums.lane(1) + sums.lane(3));
    }
    return i == 0 ? fewSquares(x, at, n) : scalar.squares(x, at, n);
  }

  /** Of up to seven, which each are a sum of their own. */
  private static float fewSquares(float[] x, int at, int n) {
    float a = square(x, at, 0, n) + square(x, at, 4, n);
    float b = square(x, at, 1, n) + square(x, at, 5, n);
    float c = square(x, at, 2, n) + square(x, at, 6, n);
    return (a + c) + (b + square(x, at, 3, n));
  }

  private static float square(float[] x, int at, int i, int n) {
    return i < n ? x[at + i] * x[at + i] : 0;
  }

  @Override
  public void descend(long address, int n, float[] gradients, int from, float factor, float rate) {
    if (n == LANES) {
      // The loops cost more than one vector.
      descend(S, address, gradients, from, factor, rate);
      return;
    }
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      descend(S, address + 4L * i, gradients, from + i, factor, rate);
    }
    if (LANES > 8 && i <= n - 8) {
      descend(EIGHT, address + 4L * i, gradients, from + i, factor, rate);
      i += 8;
    }
    if (LANES > 4 && i <= n - 4) {
      descend(FOUR, address + 4L * i, gradients, from + i, factor, rate);
      i += 4;
    }
    ScalarKernels.descend(address, i, n, gradients, from, factor, rate);
  }

  private static void descend(
      VectorSpecies<Float> species,
      long address,
      float[] gradients,
      int from,
      float factor,
      float rate) {
    FloatVector step = cut(FloatVector.fromArray(species, gradients, from).mul(factor)).mul(rate);
    FloatVector.fromMemorySegment(species, Memory.ALL, address, ORDER)
        .sub(step)
        .intoMemorySegment(Memory.ALL, address, ORDER);
  }

  @Override
  public void descendEach(
      long address, long sums, int n, float[] gradients, int from, Shares shares) {
    if (n == LANES) {
      descendEach(S, address, sums, gradients, from, shares);
      return;
    }
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      descendEach(S, address + 4L * i, sums + 4L * i, gradients, from + i, shares);
    }
    if (LANES > 8 && i <= n - 8) {
      descendEach(EIGHT, address + 4L * i, sums + 4L * i, gradients, from + i, shares);
      i += 8;
    }
    if (LANES > 4 && i <= n - 4) {
      descendEach(FOUR, address + 4L * i, sums + 4L * i, gradients, from + i, shares);
      i += 4;
    }
    ScalarKernels.descendEach(address, sums, i, n, gradients, from, shares);
  }

  private static void descendEach(
      VectorSpecies<Float> species,
      long address,
      long sums,
      float[] gradients,
      int from,
      Shares shares) {
    FloatVector g = FloatVector.fromArray(species, gradients, from);
    FloatVector share = g.mul(shares.unit());
    FloatVector sum =
        FloatVector.fromMemorySegment(species, Memory.ALL, sums, ORDER)
            .add(share.mul(share).mul(shares.squares()));
    FloatVector kept = sum.blend(Float.MAX_VALUE, sum.compare(VectorOperators.GT, Float.MAX_VALUE));
    FloatVector root = kept.add(shares.initial()).sqrt();
    FloatVector step = cut(g.mul(shares.scale()).div(root)).mul(shares.rate());
    kept.intoMemorySegment(Memory.ALL, sums, ORDER);
    FloatVector.fromMemorySegment(species, Memory.ALL, address, ORDER)
        .sub(step)
        .intoMemorySegment(Memory.ALL, address, ORDER);
  }

  /** Where min and max would also look for what is no number and for the sign of zeros. */
  private static FloatVector cut(FloatVector x) {
    return x.blend(1, x.compare(VectorOperators.GT, 1))
        .blend(-1, x.compare(VectorOperators.LT, -1));
  }

  @Override
  public void clamp(long address, int n, float most) {
    int i = 0;
    for (int end = n - LANES; i <= end; i += LANES) {
      FloatVector.fromMemorySegment(S, Memory.ALL, address + 4L * i, ORDER)
          .min(most)
          .max(-most)
          .intoMemorySegment(Memory.ALL, address + 4L * i, ORDER);
    }
    ScalarKernels.clamp(address, i, n, most);
  }

  @Override
  public String describe() {
    return "simd, %d bits".formatted(S.vectorBitSize());
  }
}
