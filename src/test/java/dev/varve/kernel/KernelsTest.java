package dev.varve.kernel;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The SIMD kernels give the bits of the scalar ones, which give what their Javadoc says. */
class KernelsTest {
  private static final int MOST = 140;

  private final Kernels scalar = new ScalarKernels();
  private final Kernels simd = new SimdKernels();

  /** Also zeros of both signs, tiny ones and such as no longer fit when they are multiplied. */
  private static float[] floats(RandomGenerator random, int n) {
    float[] floats = new float[n];
    for (int i = 0; i < n; i++) {
      floats[i] =
          switch (random.nextInt(20)) {
            case 0 -> 0;
            case 1 -> -0f;
            case 2 -> Float.MIN_VALUE * random.nextInt(-9, 10);
            case 3 -> 1e30f * (float) random.nextGaussian();
            default -> (float) random.nextGaussian();
          };
    }
    return floats;
  }

  /** Floats off the heap, wherever a row's may begin. */
  private static final class InMemory {
    private final Memory.Block block = Memory.block(Float.BYTES * (2 * MOST + 20));
    private final int at;
    private final int n;

    InMemory(float[] floats, int at) {
      this.at = at;
      this.n = floats.length;
      for (int i = 0; i < n; i++) {
        Memory.putFloat(address() + 4L * i, floats[i]);
      }
    }

    long address() {
      return block.address() + 4L * at;
    }

    int[] bits() {
      int[] bits = new int[n];
      for (int i = 0; i < n; i++) {
        bits[i] = Memory.getInt(address() + 4L * i);
      }
      return bits;
    }
  }

  private static int[] bits(float[] floats) {
    int[] bits = new int[floats.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(floats[i]));
    return bits;
  }

  @Test
  void equal16IsTheSame() {
    forAll(
        2_000,
        random -> {
          var memory = new InMemory(new float[8], random.nextInt(8));
          short to = (short) random.nextInt();
          int expected = 0;
          for (int i = 0; i < 16; i++) {
            short value = random.nextInt(3) == 0 ? to : (short) (to + random.nextInt(-2, 3) * 0x80);
            Memory.putShort(memory.address() + 2L * i, value);
            expected |= value == to ? 1 << i : 0;
          }

          assertThat(scalar.equal16(memory.address(), to)).isEqualTo(expected);
          assertThat(simd.equal16(memory.address(), to)).isEqualTo(expected);
        });
  }

  @Test
  void loadAndStoreAreTheSame() {
    forAll(
        500,
        random -> {
          float[] floats = floats(random, random.nextInt(MOST));
          var memory = new InMemory(floats, random.nextInt(16));
          for (Kernels kernels : new Kernels[] {scalar, simd}) {
            float[] to = new float[floats.length + 4];
            kernels.load(memory.address(), to, 2, floats.length);
            assertThat(bits(Arrays.copyOfRange(to, 2, 2 + floats.length))).isEqualTo(bits(floats));
            assertThat(to[1] + to[floats.length + 2]).isZero();

            var other = new InMemory(new float[floats.length + 1], random.nextInt(16));
            kernels.store(to, 2, other.address(), floats.length);
            assertThat(Arrays.copyOf(other.bits(), floats.length)).isEqualTo(bits(floats));
            assertThat(other.bits()[floats.length]).isZero();
          }
        });
  }

  @Test
  void projectIsTheSame() {
    forAll(
        300,
        random -> {
          int d = random.nextInt(1, 65);
          int width = d + random.nextInt(70);
          float[] basis = floats(random, d * width);
          var memory = new InMemory(floats(random, d), random.nextInt(16));
          float[] one = new float[width + 2];
          float[] other = new float[width + 2];
          scalar.project(memory.address(), d, basis, width, one, 1);
          simd.project(memory.address(), d, basis, width, other, 1);

          assertThat(bits(other)).isEqualTo(bits(one));

          float[] inHeap = new float[d + 2];
          scalar.load(memory.address(), inHeap, 2, d);
          int some = random.nextInt(width + 1);
          for (Kernels kernels : new Kernels[] {scalar, simd}) {
            float[] out = new float[width + 2];
            kernels.project(inHeap, 2, d, basis, width, some, out, 1);
            assertThat(bits(Arrays.copyOf(out, 1 + some)))
                .isEqualTo(bits(Arrays.copyOf(one, 1 + some)));
            assertThat(out[some + 1]).isZero();
          }
        });
  }

  @Test
  void outerProductsAreTheSame() {
    forAll(
        300,
        random -> {
          int n = random.nextInt(40);
          int width = n + random.nextInt(40);
          float[] e = floats(random, n + 1);
          float[] g = floats(random, width + 2);
          float[][] one = {floats(random, n * width + 1), floats(random, n * width + 1)};
          float[][] other = {one[0].clone(), one[1].clone()};
          float[][] before = {one[0].clone(), one[1].clone()};
          scalar.addOuter(e, 1, n, g, 2, width, 0.5f, one[0], one[1]);
          simd.addOuter(e, 1, n, g, 2, width, 0.5f, other[0], other[1]);

          for (int i = 0; i < 2; i++) {
            assertThat(bits(other[i])).isEqualTo(bits(one[i]));
            assertThat(one[i][n * width]).isEqualTo(before[i][n * width]);
          }
          for (int k = 0; k < n; k++) {
            for (int j = 0; j < width; j++) {
              int at = k * width + j;
              float slope = g[2 + j];
              float factor = e[1 + k];
              float square = Math.fma(0.5f * factor * factor, slope * slope, before[1][at]);
              assertThat(one[0][at])
                  .isEqualTo(Float.valueOf(Math.fma(factor, slope, before[0][at])));
              assertThat(one[1][at]).isEqualTo(Float.valueOf(square));
            }
          }
        });
  }

  @Test
  void isWithinIsTheSameAndFindsEveryOne() {
    for (int n = 0; n < MOST; n++) {
      float[] floats = new float[n + 2];
      Arrays.fill(floats, -2);
      floats[0] = 9;
      floats[n + 1] = 9;
      assertThat(scalar.isWithin(floats, 1, n, 2)).isTrue();
      assertThat(simd.isWithin(floats, 1, n, 2)).isTrue();
      for (float bad : new float[] {Float.NaN, 2.0000002f, -2.0000002f, Float.NEGATIVE_INFINITY}) {
        for (int i = 1; i <= n; i++) {
          floats[i] = bad;
          assertThat(scalar.isWithin(floats, 1, n, 2)).isFalse();
          assertThat(simd.isWithin(floats, 1, n, 2)).isFalse();
          floats[i] = -2;
        }
      }
    }
  }

  @Test
  void squaresAreTheSameAndTheSumOfSquares() {
    forAll(
        1_000,
        random -> {
          int n = random.nextInt(MOST);
          float[] floats = new float[n + 2];
          double sum = 0;
          for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) random.nextGaussian();
            sum += i == 0 || i > n ? 0 : (double) floats[i] * floats[i];
          }
          float squares = scalar.squares(floats, 1, n);

          assertThat(simd.squares(floats, 1, n)).isEqualTo(squares);
          assertThat((double) squares).isCloseTo(sum, within(1e-5 * sum));
        });
  }

  @Test
  void descendIsTheSame() {
    forAll(
        1_000,
        random -> {
          int n = random.nextInt(MOST);
          float[] gradients = floats(random, n + 2);
          float[] state = floats(random, n + 1);
          if (n > 0 && random.nextInt(4) == 0) {
            state[random.nextInt(n)] = Float.NaN;
          }
          var one = new InMemory(state, random.nextInt(16));
          var other = new InMemory(state, random.nextInt(16));
          float factor = 3 * random.nextFloat();
          scalar.descend(one.address(), n, gradients, 1, factor, 0.1f, 2);
          simd.descend(other.address(), n, gradients, 1, factor, 0.1f, 2);

          assertThat(other.bits()).isEqualTo(one.bits());
          assertThat(one.bits()[n]).isEqualTo(Float.floatToRawIntBits(state[n]));
          for (int i = 0; i < n; i++) {
            float step = 0.1f * Math.clamp(factor * gradients[1 + i], -1f, 1f);
            float expected = Math.clamp(state[i] - step, -2f, 2f);
            assertThat(Float.intBitsToFloat(one.bits()[i])).isEqualTo(Float.valueOf(expected));
          }
        });
  }

  @Test
  void descendEachIsTheSame() {
    forAll(
        1_000,
        random -> {
          int n = random.nextInt(MOST);
          float[] gradients = floats(random, n + 2);
          float[] state = floats(random, 2 * n + 1);
          for (int i = n; i < state.length; i++) {
            state[i] = Math.abs(state[i]) * (random.nextInt(20) == 0 ? 3e8f : 1);
          }
          var one = new InMemory(state, random.nextInt(16));
          var other = new InMemory(state, random.nextInt(16));
          var shares =
              new Kernels.Shares(
                  random.nextFloat(), random.nextFloat(), 100 * random.nextFloat(), 0.1f, 0.1f, 2);
          scalar.descendEach(one.address(), one.address() + 4L * n, n, gradients, 1, shares);
          simd.descendEach(other.address(), other.address() + 4L * n, n, gradients, 1, shares);

          assertThat(other.bits()).isEqualTo(one.bits());
          assertThat(one.bits()[2 * n]).isEqualTo(Float.floatToRawIntBits(state[2 * n]));
          for (int i = 0; i < n; i++) {
            assertThat(Float.intBitsToFloat(one.bits()[n + i])).isFinite();
            assertThat(Float.intBitsToFloat(one.bits()[i])).isBetween(-2f, 2f);
          }
        });
  }

  @Test
  void descendAndTellIsTheSameAndTellsWhatItChanged() {
    forAll(
        1_000,
        random -> {
          int n = random.nextInt(MOST);
          float[] gradients = floats(random, n + 2);
          if (n > 0) {
            gradients[1 + random.nextInt(n)] = random.nextBoolean() ? Float.NaN : 3e30f;
          }
          float[] state = floats(random, 2 * n + 1);
          for (int i = n; i < state.length; i++) {
            state[i] = Math.abs(state[i]);
          }
          float[] one = state.clone();
          float[] other = state.clone();
          float[] change = floats(random, 2 * n + 1);
          float[] changeOfOther = change.clone();
          float[] changed = change.clone();
          scalar.descendAndTell(one, changed, n, gradients, 1, 0.25f, 0.1f, 0.1f, 2);
          simd.descendAndTell(other, changeOfOther, n, gradients, 1, 0.25f, 0.1f, 0.1f, 2);

          assertThat(bits(other)).isEqualTo(bits(one));
          assertThat(bits(changeOfOther)).isEqualTo(bits(changed));
          for (int i = 0; i <= 2 * n; i++) {
            assertThat(changed[i]).isEqualTo(change[i] + (one[i] - state[i]));
          }
          for (int i = 0; i < n; i++) {
            float sum = state[n + i] + gradients[1 + i] * gradients[1 + i] * 0.25f;
            boolean isTaken = Float.isFinite(sum);
            assertThat(one[n + i]).isEqualTo(isTaken ? sum : state[n + i]);
            assertThat(!isTaken || Math.abs(one[i]) <= 2).isTrue();
          }
        });
  }

  @Test
  void rowsAreAddedToAndRectifiedTheSame() {
    forAll(
        500,
        random -> {
          int width = random.nextInt(MOST);
          int rows = random.nextInt(4);
          float[] biases = floats(random, width);
          float[] y = floats(random, rows * width);
          boolean rectified = random.nextBoolean();
          float[] one = y.clone();
          float[] other = y.clone();
          scalar.addToRows(one, rows, biases, width, rectified);
          simd.addToRows(other, rows, biases, width, rectified);
          assertThat(bits(other)).isEqualTo(bits(one));
          for (int i = 0; i < y.length; i++) {
            float sum = y[i] + biases[i % width];
            assertThat(one[i]).isEqualTo(rectified && sum < 0 ? 0 : sum);
          }

          float[] slopes = floats(random, y.length);
          float[] slopesOfOther = slopes.clone();
          float[] kept = slopes.clone();
          scalar.rectify(kept, y, y.length);
          simd.rectify(slopesOfOther, y, y.length);
          assertThat(bits(slopesOfOther)).isEqualTo(bits(kept));
          for (int i = 0; i < y.length; i++) {
            assertThat(kept[i]).isEqualTo(y[i] > 0 ? slopes[i] : 0);
          }
        });
  }

  @Test
  void addIsTheSame() {
    forAll(
        500,
        random -> {
          int n = random.nextInt(MOST);
          float factor = (float) random.nextGaussian();
          float[] x = floats(random, n + 3);
          float[] sum = floats(random, n + 3);
          float[] one = sum.clone();
          float[] other = sum.clone();
          float[] copy = new float[n + 3];
          simd.copy(x, 1, copy, 2, n);
          assertThat(bits(Arrays.copyOfRange(copy, 2, n + 2)))
              .isEqualTo(bits(Arrays.copyOfRange(x, 1, n + 1)));
          assertThat(copy[1] + copy[n + 2]).isZero();

          scalar.add(factor, x, 1, one, 2, n);
          simd.add(factor, x, 1, other, 2, n);

          assertThat(bits(other)).isEqualTo(bits(one));
          for (int i = 0; i < sum.length; i++) {
            boolean isAdded = i >= 2 && i < n + 2;
            assertThat(one[i]).isEqualTo(isAdded ? Math.fma(factor, x[i - 1], sum[i]) : sum[i]);
          }
        });
  }

  @Test
  void sumsWithSquaresAndDifferencesAreTheSame() {
    forAll(
        500,
        random -> {
          int n = random.nextInt(MOST);
          float[] x = floats(random, n + 3);
          float[][] one = {floats(random, n + 3), floats(random, n), new float[n]};
          float[][] other = {one[0].clone(), one[1].clone(), new float[n]};
          float[] sum = one[0].clone();
          float[] squares = one[1].clone();
          float factor = random.nextBoolean() ? 1 : random.nextFloat();
          scalar.addWithSquares(factor, x, 1, one[0], 2, one[1], n);
          simd.addWithSquares(factor, x, 1, other[0], 2, other[1], n);
          scalar.difference(3, x, 1, factor, sum, 2, one[2], n);
          simd.difference(3, x, 1, factor, sum, 2, other[2], n);

          for (int i = 0; i < 3; i++) {
            assertThat(bits(other[i])).isEqualTo(bits(one[i]));
          }
          for (int i = 0; i < n; i++) {
            float value = factor * x[1 + i];
            assertThat(one[0][2 + i]).isEqualTo(sum[2 + i] + value);
            assertThat(one[1][i]).isEqualTo(Math.fma(value, value, squares[i]));
            assertThat(one[2][i]).isEqualTo(3 * (x[1 + i] - factor * sum[2 + i]));
          }
        });
  }

  @Test
  void pairsAndTheirSlopesAreTheSame() {
    forAll(
        500,
        random -> {
          int count = random.nextInt(40);
          int width = 1 << random.nextInt(6);
          int products = count * (count - 1) / 2;
          float[] vectors = floats(random, count * width + 2);
          float[] one = floats(random, products + 3);
          float[] other = one.clone();
          float last = one[products + 1];
          scalar.pairs(3, vectors, 2, count, width, one, 1);
          simd.pairs(3, vectors, 2, count, width, other, 1);
          assertThat(bits(other)).isEqualTo(bits(one));
          assertThat(one[products + 1]).isEqualTo(last);

          float[] sums = floats(random, count * width + 2);
          float[] sumsOfOther = sums.clone();
          scalar.addPairSlopes(3, one, 1, vectors, 2, count, width, sums);
          simd.addPairSlopes(3, one, 1, vectors, 2, count, width, sumsOfOther);
          assertThat(bits(sumsOfOther)).isEqualTo(bits(sums));
        });
  }
}
