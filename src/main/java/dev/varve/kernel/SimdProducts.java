package dev.varve.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Products} with the Vector API, the bit-identical twin of the scalar ones: where there is
 * no OpenBLAS.
 *
 * <p>A strip of b, two vectors wide, is packed so that it lies close together and streams through
 * the nearest cache while all rows of a pass, four at a time.
 *
 * <p><b>Source:</b> Goto and van de Geijn 2008, Anatomy of high-performance matrix multiplication,
 * section 4, without the packing of a.
 */
final class SimdProducts extends Products {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = S.length();
  private static final int STRIP = 2 * LANES;
  private static final int ROWS = 4;

  /** What a thread packs into: a strip of b, and a part of c that is not whole. */
  private static final class Packs {
    float[] strip = {};
    final float[] part = new float[ROWS * STRIP];
  }

  private static final ThreadLocal<Packs> PACKS = ThreadLocal.withInitial(Packs::new);

  @Override
  public void multiply(Factor a, Factor b, float[] c, boolean adds) {
    int k = a.columns();
    int n = b.columns();
    int m = a.rows();
    if (!adds) {
      Arrays.fill(c, 0, m * n, 0);
    }
    Packs packs = PACKS.get();
    if (packs.strip.length < k * STRIP) {
      packs.strip = new float[k * STRIP];
    }
    for (int j = 0; j < n; j += STRIP) {
      int columns = Math.min(STRIP, n - j);
      pack(b, j, columns, packs.strip);
      for (int i = 0; i < m; i += ROWS) {
        int rows = Math.min(ROWS, m - i);
        if (rows == ROWS && columns == STRIP) {
          fourRows(a, i, packs.strip, c, i * n + j, n);
        } else {
          part(a, i, rows, packs, c, i * n + j, n, columns);
        }
      }
    }
  }

  /** Columns of b from j on, and zeros beside them: float32[k][STRIP]. */
  private static void pack(Factor b, int j, int columns, float[] strip) {
    int k = b.rows();
    float[] values = b.values();
    for (int l = 0; l < k; l++) {
      int to = l * STRIP;
      if (b.isTransposed()) {
        for (int x = 0; x < columns; x++) {
          strip[to + x] = values[(j + x) * k + l];
        }
      } else {
        System.arraycopy(values, l * b.columns() + j, strip, to, columns);
      }
      Arrays.fill(strip, to + columns, to + STRIP, 0);
    }
  }

  /** At the edges: the same in a part of its own, whose other sums nobody takes. */
  private static void part(
      Factor a, int i, int rows, Packs packs, float[] c, int at, int n, int columns) {
    for (int row = 0; row < rows; row++) {
      System.arraycopy(c, at + row * n, packs.part, row * STRIP, columns);
    }
    if (rows == ROWS) {
      fourRows(a, i, packs.strip, packs.part, 0, STRIP);
    } else {
      for (int row = 0; row < rows; row++) {
        oneRow(a, i + row, packs.strip, packs.part, row * STRIP);
      }
    }
    for (int row = 0; row < rows; row++) {
      System.arraycopy(packs.part, row * STRIP, c, at + row * n, columns);
    }
  }

  /** Two vectors of four rows: eight sums, of which none waits for another. */
  private static void fourRows(Factor a, int i, float[] strip, float[] c, int at, int n) {
    float[] values = a.values();
    int row = a.isTransposed() ? 1 : a.columns();
    int step = a.isTransposed() ? a.rows() : 1;
    FloatVector c00 = FloatVector.fromArray(S, c, at);
    FloatVector c01 = FloatVector.fromArray(S, c, at + LANES);
    FloatVector c10 = FloatVector.fromArray(S, c, at + n);
    FloatVector c11 = FloatVector.fromArray(S, c, at + n + LANES);
    FloatVector c20 = FloatVector.fromArray(S, c, at + 2 * n);
    FloatVector c21 = FloatVector.fromArray(S, c, at + 2 * n + LANES);
    FloatVector c30 = FloatVector.fromArray(S, c, at + 3 * n);
    FloatVector c31 = FloatVector.fromArray(S, c, at + 3 * n + LANES);
    int from = i * row;
    for (int l = 0; l < a.columns(); l++) {
      FloatVector left = FloatVector.fromArray(S, strip, l * STRIP);
      FloatVector right = FloatVector.fromArray(S, strip, l * STRIP + LANES);
      FloatVector a0 = FloatVector.broadcast(S, values[from]);
      c00 = left.fma(a0, c00);
      c01 = right.fma(a0, c01);
      FloatVector a1 = FloatVector.broadcast(S, values[from + row]);
      c10 = left.fma(a1, c10);
      c11 = right.fma(a1, c11);
      FloatVector a2 = FloatVector.broadcast(S, values[from + 2 * row]);
      c20 = left.fma(a2, c20);
      c21 = right.fma(a2, c21);
      FloatVector a3 = FloatVector.broadcast(S, values[from + 3 * row]);
      c30 = left.fma(a3, c30);
      c31 = right.fma(a3, c31);
      from += step;
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

  private static void oneRow(Factor a, int i, float[] strip, float[] c, int at) {
    int from = a.isTransposed() ? i : i * a.columns();
    int step = a.isTransposed() ? a.rows() : 1;
    FloatVector first = FloatVector.fromArray(S, c, at);
    FloatVector second = FloatVector.fromArray(S, c, at + LANES);
    for (int l = 0; l < a.columns(); l++) {
      FloatVector factor = FloatVector.broadcast(S, a.values()[from]);
      first = FloatVector.fromArray(S, strip, l * STRIP).fma(factor, first);
      second = FloatVector.fromArray(S, strip, l * STRIP + LANES).fma(factor, second);
      from += step;
    }
    first.intoArray(c, at);
    second.intoArray(c, at + LANES);
  }

  @Override
  public String describe() {
    return "simd, %d bits".formatted(S.vectorBitSize());
  }
}
