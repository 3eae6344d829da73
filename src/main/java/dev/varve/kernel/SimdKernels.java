package dev.varve.kernel;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Kernels} with the Vector API; every method is the bit-identical twin of the scalar one.
 */
final class SimdKernels extends Kernels {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = S.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

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
  public String describe() {
    return "simd, %d bits".formatted(S.vectorBitSize());
  }
}
