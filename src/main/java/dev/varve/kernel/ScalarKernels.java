package dev.varve.kernel;

/** Defines what {@link Kernels} give; little tuned. */
final class ScalarKernels extends Kernels {
  private static final long LANES = 0x0001_0001_0001_0001L;
  private static final long HIGH_BITS = LANES << 15;

  /** Times this, the lowest bits of four lanes stand side by side from bit 48 on. */
  private static final long GATHER = (1L << 48) | (1L << 33) | (1L << 18) | (1L << 3);

  @Override
  public int equal16(long address, short to) {
    long pattern = (to & 0xFFFF) * LANES;
    int equal = 0;
    for (int i = 0; i < 4; i++) {
      equal |= zeros(Memory.getLong(address + 8L * i) ^ pattern) << (4 * i);
    }
    return equal;
  }

  /** A bit for each of the four 16-bit lanes that is 0. */
  private static int zeros(long lanes) {
    long zero = ~(((lanes & ~HIGH_BITS) + ~HIGH_BITS) | lanes | ~HIGH_BITS);
    return (int) (((zero >>> 15) * GATHER) >>> 48) & 15;
  }

  @Override
  public void load(long address, float[] to, int at, int n) {
    for (int i = 0; i < n; i++) {
      to[at + i] = Memory.getFloat(address + 4L * i);
    }
  }

  @Override
  public void store(float[] from, int at, long address, int n) {
    for (int i = 0; i < n; i++) {
      Memory.putFloat(address + 4L * i, from[at + i]);
    }
  }

  @Override
  public void project(long address, int dimension, float[] basis, int width, float[] out, int at) {
    for (int j = 0; j < width; j++) {
      float sum = 0;
      for (int k = 0; k < dimension; k++) {
        sum = Math.fma(Memory.getFloat(address + 4L * k), basis[k * width + j], sum);
      }
      out[at + j] = sum;
    }
  }

  @Override
  public void project(
      float[] x, int from, int n, float[] matrix, int stride, int width, float[] out, int at) {
    project(x, from, n, matrix, stride, 0, width, out, at);
  }

  /** From the j-th on. */
  static void project(
      float[] x,
      int from,
      int n,
      float[] matrix,
      int stride,
      int j,
      int width,
      float[] out,
      int at) {
    for (; j < width; j++) {
      float sum = 0;
      for (int i = 0; i < n; i++) {
        sum = Math.fma(x[from + i], matrix[i * stride + j], sum);
      }
      out[at + j] = sum;
    }
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
    for (int k = 0; k < n; k++) {
      addOuter(e[fromE + k], share, g, fromG, 0, width, sums, squares, k * width);
    }
  }

  /** One row, from the j-th on. */
  static void addOuter(
      float e,
      float share,
      float[] g,
      int fromG,
      int j,
      int width,
      float[] sums,
      float[] squares,
      int at) {
    for (; j < width; j++) {
      float slope = g[fromG + j];
      sums[at + j] = Math.fma(e, slope, sums[at + j]);
      squares[at + j] = Math.fma(share * e * e, slope * slope, squares[at + j]);
    }
  }

  @Override
  public boolean isWithin(float[] x, int at, int n, float most) {
    return isWithin(x, at, 0, n, most);
  }

  /** From the i-th on. */
  static boolean isWithin(float[] x, int at, int i, int n, float most) {
    boolean within = true;
    for (; i < n; i++) {
      within &= Math.abs(x[at + i]) <= most;
    }
    return within;
  }

  @Override
  public float squares(float[] x, int at, int n) {
    float[] sums = new float[8];
    for (int i = 0; i < n; i++) {
      sums[i % 8] += x[at + i] * x[at + i];
    }
    return ((sums[0] + sums[4]) + (sums[2] + sums[6]))
        + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  }

  @Override
  public void descend(
      long address, int n, float[] gradients, int from, float factor, float rate, float most) {
    descend(address, 0, n, gradients, from, factor, rate, most);
  }

  /** From the i-th on. */
  static void descend(
      long address,
      int i,
      int n,
      float[] gradients,
      int from,
      float factor,
      float rate,
      float most) {
    for (; i < n; i++) {
      float step = rate * cut(factor * gradients[from + i]);
      Memory.putFloat(address + 4L * i, clamp(Memory.getFloat(address + 4L * i) - step, most));
    }
  }

  @Override
  public void descendEach(
      long address, long sums, int n, float[] gradients, int from, Shares shares) {
    descendEach(address, sums, 0, n, gradients, from, shares);
  }

  /** From the i-th on. */
  static void descendEach(
      long address, long sums, int i, int n, float[] gradients, int from, Shares shares) {
    for (; i < n; i++) {
      float g = gradients[from + i];
      float share = g * shares.unit();
      float sum = Memory.getFloat(sums + 4L * i) + share * share * shares.squares();
      float kept = sum > Float.MAX_VALUE ? Float.MAX_VALUE : sum;
      float root = (float) Math.sqrt(kept + shares.initial());
      float step = shares.rate() * cut(shares.scale() * g / root);
      Memory.putFloat(sums + 4L * i, kept);
      float stepped = Memory.getFloat(address + 4L * i) - step;
      Memory.putFloat(address + 4L * i, clamp(stepped, shares.most()));
    }
  }

  private static float clamp(float x, float most) {
    return Math.max(-most, Math.min(x, most));
  }

  private static float cut(float x) {
    return x > 1 ? 1 : x < -1 ? -1 : x;
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
    descendAndTell(state, change, 0, n, gradients, from, share, rate, initial, most);
  }

  /** From the i-th on. */
  static void descendAndTell(
      float[] state,
      float[] change,
      int i,
      int n,
      float[] gradients,
      int from,
      float share,
      float rate,
      float initial,
      float most) {
    for (; i < n; i++) {
      float g = gradients[from + i];
      float sum = state[n + i] + g * g * share;
      float direction = g / (float) Math.sqrt(sum + initial);
      if (Math.abs(direction) <= Float.MAX_VALUE && sum <= Float.MAX_VALUE) {
        float stepped = clamp(state[i] - rate * cut(direction), most);
        change[i] += stepped - state[i];
        change[n + i] += sum - state[n + i];
        state[i] = stepped;
        state[n + i] = sum;
      }
    }
  }

  @Override
  public void addToRows(float[] y, int rows, float[] biases, int width, boolean rectified) {
    for (int row = 0; row < rows; row++) {
      addToRow(y, row * width, biases, 0, width, rectified);
    }
  }

  /** From the i-th on. */
  static void addToRow(float[] y, int at, float[] biases, int i, int width, boolean rectified) {
    for (; i < width; i++) {
      float sum = y[at + i] + biases[i];
      y[at + i] = rectified && sum < 0 ? 0 : sum;
    }
  }

  @Override
  public void rectify(float[] slopes, float[] y, int n) {
    rectify(slopes, y, 0, n);
  }

  /** From the i-th on. */
  static void rectify(float[] slopes, float[] y, int i, int n) {
    for (; i < n; i++) {
      slopes[i] = y[i] > 0 ? slopes[i] : 0;
    }
  }

  @Override
  public void copy(float[] from, int at, float[] to, int toAt, int n) {
    System.arraycopy(from, at, to, toAt, n);
  }

  @Override
  public void add(float factor, float[] x, int from, float[] sum, int to, int n) {
    add(factor, x, from, sum, to, 0, n);
  }

  /** From the i-th on. */
  static void add(float factor, float[] x, int from, float[] sum, int to, int i, int n) {
    for (; i < n; i++) {
      sum[to + i] = Math.fma(factor, x[from + i], sum[to + i]);
    }
  }

  @Override
  public void addWithSquares(
      float factor, float[] x, int from, float[] sum, int to, float[] squares, int n) {
    addWithSquares(factor, x, from, sum, to, squares, 0, n);
  }

  /** From the i-th on. */
  static void addWithSquares(
      float factor, float[] x, int from, float[] sum, int to, float[] squares, int i, int n) {
    for (; i < n; i++) {
      float value = factor * x[from + i];
      sum[to + i] += value;
      squares[i] = Math.fma(value, value, squares[i]);
    }
  }

  @Override
  public void difference(
      float factor, float[] a, int fromA, float share, float[] b, int fromB, float[] out, int n) {
    difference(factor, a, fromA, share, b, fromB, out, 0, n);
  }

  /** From the i-th on. */
  static void difference(
      float factor,
      float[] a,
      int fromA,
      float share,
      float[] b,
      int fromB,
      float[] out,
      int i,
      int n) {
    for (; i < n; i++) {
      out[i] = factor * (a[fromA + i] - share * b[fromB + i]);
    }
  }

  @Override
  public void pairs(
      float factor, float[] vectors, int at, int count, int width, float[] products, int to) {
    for (int i = 0; i < count; i++) {
      for (int j = i + 1; j < count; j++) {
        float sum = 0;
        for (int k = 0; k < width; k++) {
          sum = Math.fma(vectors[at + i * width + k], vectors[at + j * width + k], sum);
        }
        products[to++] = factor * sum;
      }
    }
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
    for (int i = 0; i < count; i++) {
      for (int j = i + 1; j < count; j++) {
        float slope = factor * slopes[from++];
        add(slope, vectors, at + j * width, sums, at + i * width, 0, width);
        add(slope, vectors, at + i * width, sums, at + j * width, 0, width);
      }
    }
  }

  @Override
  public String describe() {
    return "scalar";
  }
}
