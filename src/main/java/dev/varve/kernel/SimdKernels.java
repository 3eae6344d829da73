package dev.varve.kernel;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Kernels} with the Vector API; every method is the bit-identical twin of the scalar one.
 *
 * <p>What is called for single rows begins with the case of one vector: a row of dimension 16 is
 * one where vectors have 512 bits, and a loop, with what comes before and behind it, takes several
 * times as long as its body once.
 */
final class SimdKernels extends Kernels {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = S.length();
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final VectorSpecies<Short> SIXTEEN_SHORTS = ShortVector.SPECIES_256;
  private static final VectorShuffle<Float> HALVES_TURNED =
      VectorShuffle.fromValues(FOUR, 2, 3, 0, 1);
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
  public void project(
      float[] x, int from, int n, float[] matrix, int stride, int width, float[] out, int at) {
    int j = 0;
    for (; j <= width - LANES; j += LANES) {
      FloatVector sum = FloatVector.zero(S);
      for (int i = 0; i < n; i++) {
        sum =
            FloatVector.fromArray(S, matrix, i * stride + j)
                .fma(FloatVector.broadcast(S, x[from + i]), sum);
      }
      sum.intoArray(out, at + j);
    }
    ScalarKernels.project(x, from, n, matrix, stride, j, width, out, at);
  }

  @Override
  public void addOuter(
      float[] e,
      int fromE,
      int n,
      float[] g,
      int fromG,
      int width,
      float share,
      float[] sums,
      float[] squares) {
    int j = 0;
    for (; j <= width - LANES; j += LANES) {
      FloatVector slope = FloatVector.fromArray(S, g, fromG + j);
      FloatVector square = slope.mul(slope);
      for (int k = 0; k < n; k++) {
        float factor = e[fromE + k];
        int to = k * width + j;
        slope
            .fma(FloatVector.broadcast(S, factor), FloatVector.fromArray(S, sums, to))
            .intoArray(sums, to);
        square
            .fma(
                FloatVector.broadcast(S, share * factor * factor),
                FloatVector.fromArray(S, squares, to))
            .intoArray(squares, to);
      }
    }
    if (j < width) {
      for (int k = 0; k < n; k++) {
        ScalarKernels.addOuter(e[fromE + k], share, g, fromG, j, width, sums, squares, k * width);
      }
    }
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
    if (n == 16) {
      return sum(
          squares(x, at).add(squares(x, at + 8)).add(squares(x, at + 4).add(squares(x, at + 12))));
    }
    FloatVector first = FloatVector.zero(FOUR);
    FloatVector second = first;
    int i = 0;
    for (int end = n - 8; i <= end; i += 8) {
      FloatVector a = FloatVector.fromArray(FOUR, x, at + i);
      FloatVector b = FloatVector.fromArray(FOUR, x, at + i + 4);
      first = a.mul(a).add(first);
      second = b.mul(b).add(second);
    }
    if (i == n) {
      return sum(first.add(second));
    }
    return i == 0 ? fewSquares(x, at, n) : scalar.squares(x, at, n);
  }

  private static FloatVector squares(float[] x, int at) {
    FloatVector four = FloatVector.fromArray(FOUR, x, at);
    return four.mul(four);
  }

  private static float sum(FloatVector four) {
    FloatVector two = four.add(four.rearrange(HALVES_TURNED));
    return two.lane(0) + two.lane(1);
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
  public void descend(
      long address, int n, float[] gradients, int from, float factor, float rate, float most) {
    if (n == LANES) {
      // The loops cost more than one vector.
      descend(S, address, gradients, from, factor, rate, most);
      return;
    }
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      descend(S, address + 4L * i, gradients, from + i, factor, rate, most);
    }
    if (LANES > 8 && i <= n - 8) {
      descend(EIGHT, address + 4L * i, gradients, from + i, factor, rate, most);
      i += 8;
    }
    if (LANES > 4 && i <= n - 4) {
      descend(FOUR, address + 4L * i, gradients, from + i, factor, rate, most);
      i += 4;
    }
    ScalarKernels.descend(address, i, n, gradients, from, factor, rate, most);
  }

  private static void descend(
      VectorSpecies<Float> species,
      long address,
      float[] gradients,
      int from,
      float factor,
      float rate,
      float most) {
    FloatVector step = cut(FloatVector.fromArray(species, gradients, from).mul(factor)).mul(rate);
    FloatVector.fromMemorySegment(species, Memory.ALL, address, ORDER)
        .sub(step)
        .min(most)
        .max(-most)
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
        .min(shares.most())
        .max(-shares.most())
        .intoMemorySegment(Memory.ALL, address, ORDER);
  }

  /** Where min and max would also look for what is no number and for the sign of zeros. */
  private static FloatVector cut(FloatVector x) {
    return x.blend(1, x.compare(VectorOperators.GT, 1))
        .blend(-1, x.compare(VectorOperators.LT, -1));
  }

  @Override
  public void descendAndTell(
      float[] state,
      float[] change,
      int n,
      float[] gradients,
      int from,
      float share,
      float rate,
      float initial,
      float most) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector g = FloatVector.fromArray(S, gradients, from + i);
      FloatVector had = FloatVector.fromArray(S, state, n + i);
      FloatVector sum = had.add(g.mul(g).mul(share));
      FloatVector direction = g.div(sum.add(initial).sqrt());
      VectorMask<Float> taken =
          direction
              .abs()
              .compare(VectorOperators.LE, Float.MAX_VALUE)
              .and(sum.compare(VectorOperators.LE, Float.MAX_VALUE));
      FloatVector x = FloatVector.fromArray(S, state, i);
      FloatVector stepped = x.sub(cut(direction).mul(rate)).min(most).max(-most);
      FloatVector changeOfX = FloatVector.fromArray(S, change, i);
      FloatVector changeOfSum = FloatVector.fromArray(S, change, n + i);
      changeOfX.blend(changeOfX.add(stepped.sub(x)), taken).intoArray(change, i);
      changeOfSum.blend(changeOfSum.add(sum.sub(had)), taken).intoArray(change, n + i);
      x.blend(stepped, taken).intoArray(state, i);
      had.blend(sum, taken).intoArray(state, n + i);
    }
    ScalarKernels.descendAndTell(state, change, i, n, gradients, from, share, rate, initial, most);
  }

  @Override
  public void addToRows(float[] y, int rows, float[] biases, int width, boolean rectified) {
    for (int row = 0; row < rows; row++) {
      int at = row * width;
      int i = 0;
      for (; i <= width - LANES; i += LANES) {
        FloatVector sum =
            FloatVector.fromArray(S, y, at + i).add(FloatVector.fromArray(S, biases, i));
        if (rectified) {
          sum = sum.blend(0, sum.compare(VectorOperators.LT, 0));
        }
        sum.intoArray(y, at + i);
      }
      ScalarKernels.addToRow(y, at, biases, i, width, rectified);
    }
  }

  @Override
  public void rectify(float[] slopes, float[] y, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      VectorMask<Float> above = FloatVector.fromArray(S, y, i).compare(VectorOperators.GT, 0);
      FloatVector.zero(S).blend(FloatVector.fromArray(S, slopes, i), above).intoArray(slopes, i);
    }
    ScalarKernels.rectify(slopes, y, i, n);
  }

  @Override
  public void copy(float[] from, int at, float[] to, int toAt, int n) {
    if (n == LANES) {
      FloatVector.fromArray(S, from, at).intoArray(to, toAt);
      return;
    }
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(S, from, at + i).intoArray(to, toAt + i);
    }
    for (; i < n; i++) {
      to[toAt + i] = from[at + i];
    }
  }

  @Override
  public void add(float factor, float[] x, int from, float[] sum, int to, int n) {
    if (n == LANES) {
      addVector(factor, x, from, sum, to);
      return;
    }
    // Without the shorter vectors: a method for any of them is slow where it is not inlined.
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      addVector(factor, x, from + i, sum, to + i);
    }
    ScalarKernels.add(factor, x, from, sum, to, i, n);
  }

  private static void addVector(float factor, float[] x, int from, float[] sum, int to) {
    FloatVector.fromArray(S, x, from)
        .fma(FloatVector.broadcast(S, factor), FloatVector.fromArray(S, sum, to))
        .intoArray(sum, to);
  }

  @Override
  public void addWithSquares(
      float factor, float[] x, int from, float[] sum, int to, float[] squares, int n) {
    if (n == LANES) {
      addVectorWithSquares(factor, x, from, sum, to, squares, 0);
      return;
    }
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      addVectorWithSquares(factor, x, from + i, sum, to + i, squares, i);
    }
    ScalarKernels.addWithSquares(factor, x, from, sum, to, squares, i, n);
  }

  private static void addVectorWithSquares(
      float factor, float[] x, int from, float[] sum, int to, float[] squares, int at) {
    FloatVector value = FloatVector.fromArray(S, x, from).mul(factor);
    FloatVector.fromArray(S, sum, to).add(value).intoArray(sum, to);
    value.fma(value, FloatVector.fromArray(S, squares, at)).intoArray(squares, at);
  }

  @Override
  public void difference(
      float factor, float[] a, int fromA, float share, float[] b, int fromB, float[] out, int n) {
    if (n == LANES) {
      differenceOfVectors(factor, a, fromA, share, b, fromB, out, 0);
      return;
    }
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      differenceOfVectors(factor, a, fromA + i, share, b, fromB + i, out, i);
    }
    ScalarKernels.difference(factor, a, fromA, share, b, fromB, out, i, n);
  }

  private static void differenceOfVectors(
      float factor, float[] a, int fromA, float share, float[] b, int fromB, float[] out, int at) {
    FloatVector.fromArray(S, a, fromA)
        .sub(FloatVector.fromArray(S, b, fromB).mul(share))
        .mul(factor)
        .intoArray(out, at);
  }

  /** The vectors of {@link #pairs} turned over, for a thread to use again. */
  private static final class Turned {
    float[] vectors = {};
  }

  private static final ThreadLocal<Turned> TURNED = ThreadLocal.withInitial(Turned::new);

  /** Products of one vector with as many of those behind it as there are lanes, at a time. */
  @Override
  public void pairs(
      float factor, float[] vectors, int at, int count, int width, float[] products, int to) {
    int stride = count + LANES;
    float[] turned = turn(vectors, at, count, width, stride);
    int end = to + count * (count - 1) / 2;
    for (int i = 0; i < count; i++) {
      int of = at + i * width;
      for (int j = i + 1; j < count; j += LANES) {
        FloatVector sum = FloatVector.zero(S);
        for (int k = 0; k < width; k++) {
          FloatVector coordinate = FloatVector.broadcast(S, vectors[of + k]);
          sum = FloatVector.fromArray(S, turned, k * stride + j).fma(coordinate, sum);
        }
        sum = sum.mul(factor);
        int n = Math.min(LANES, count - j);
        if (to + LANES <= end) {
          // What is too much is overwritten by the products of the next vector.
          sum.intoArray(products, to);
        } else {
          sum.intoArray(products, to, S.indexInRange(0, n));
        }
        to += n;
      }
    }
  }

  /** float32[width][stride] of float32[count][width]; what is behind count means nothing. */
  private static float[] turn(float[] vectors, int at, int count, int width, int stride) {
    Turned scratch = TURNED.get();
    if (scratch.vectors.length < width * stride) {
      scratch.vectors = new float[width * stride];
    }
    float[] turned = scratch.vectors;
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < width; k++) {
        turned[k * stride + i] = vectors[at + i * width + k];
      }
    }
    return turned;
  }

  @Override
  public void addPairSlopes(
      float factor,
      float[] slopes,
      int from,
      float[] vectors,
      int at,
      int count,
      int width,
      float[] sums) {
    if (width % LANES != 0) {
      scalar.addPairSlopes(factor, slopes, from, vectors, at, count, width, sums);
      return;
    }
    // Lane by lane: pairs come in the same order for each.
    for (int lane = 0; lane < width; lane += LANES) {
      int first = at + lane;
      int p = from;
      for (int i = 0; i < count; i++) {
        int one = first + i * width;
        FloatVector vector = FloatVector.fromArray(S, vectors, one);
        FloatVector sum = FloatVector.fromArray(S, sums, one);
        for (int j = i + 1; j < count; j++) {
          int other = first + j * width;
          FloatVector slope = FloatVector.broadcast(S, factor * slopes[p++]);
          sum = FloatVector.fromArray(S, vectors, other).fma(slope, sum);
          vector.fma(slope, FloatVector.fromArray(S, sums, other)).intoArray(sums, other);
        }
        sum.intoArray(sums, one);
      }
    }
  }

  @Override
  public String describe() {
    return "simd, %d bits".formatted(S.vectorBitSize());
  }
}
