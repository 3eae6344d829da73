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
        });
  }

  @Test
  void clampIsTheSameAndCutsWhatIsBeyond() {
    forAll(
        100,
        random -> {
          int n = random.nextInt(70);
          float[] floats = new float[n];
          for (int i = 0; i < n; i++) {
            floats[i] =
                switch (random.nextInt(6)) {
                  case 0 -> Float.NaN;
                  case 1 -> Float.NEGATIVE_INFINITY;
                  case 2 -> Float.MAX_VALUE;
                  default -> (float) (3 * random.nextGaussian());
                };
          }
          float[] one = clamped(scalar, floats);
          assertThat(clamped(simd, floats)).containsExactly(one);
          for (int i = 0; i < n; i++) {
            boolean isWithin = Math.abs(floats[i]) <= 2 || Float.isNaN(floats[i]);
            Float expected = isWithin ? floats[i] : Math.copySign(2, floats[i]);
            assertThat(Float.valueOf(one[i])).isEqualTo(expected);
          }
        });
  }

  private static float[] clamped(Kernels kernels, float[] floats) {
    var block = Memory.block(Float.BYTES * (floats.length + 1));
    float[] out = new float[floats.length];
    kernels.store(floats, 0, block.address(), floats.length);
    kernels.clamp(block.address(), floats.length, 2);
    kernels.load(block.address(), out, 0, floats.length);
    return out;
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
          var one = new InMemory(state, random.nextInt(16));
          var other = new InMemory(state, random.nextInt(16));
          float factor = 3 * random.nextFloat();
          scalar.descend(one.address(), n, gradients, 1, factor, 0.1f);
          simd.descend(other.address(), n, gradients, 1, factor, 0.1f);

          assertThat(other.bits()).isEqualTo(one.bits());
          assertThat(one.bits()[n]).isEqualTo(Float.floatToRawIntBits(state[n]));
          for (int i = 0; i < n; i++) {
            float step = 0.1f * Math.clamp(factor * gradients[1 + i], -1f, 1f);
            assertThat(Float.intBitsToFloat(one.bits()[i])).isEqualTo(state[i] - step);
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
                  random.nextFloat(), random.nextFloat(), 100 * random.nextFloat(), 0.1f, 0.1f);
          scalar.descendEach(one.address(), one.address() + 4L * n, n, gradients, 1, shares);
          simd.descendEach(other.address(), other.address() + 4L * n, n, gradients, 1, shares);

          assertThat(other.bits()).isEqualTo(one.bits());
          assertThat(one.bits()[2 * n]).isEqualTo(Float.floatToRawIntBits(state[2 * n]));
          for (int i = 0; i < n; i++) {
            assertThat(Float.intBitsToFloat(one.bits()[n + i])).isFinite();
          }
        });
  }

  @Test
  void productsOfMatricesAreTheSame() {
    forAll(
        500,
        random -> {
          int m = random.nextInt(10);
          int k = random.nextInt(20);
          int n = random.nextInt(80);
          float[] a = floats(random, m * k);
          float[] b = floats(random, k * n);
          float[] c = floats(random, m * n);
          float[] other = c.clone();

          scalar.multiply(a, m, k, b, n, c);
          simd.multiply(a, m, k, b, n, other);

          assertThat(bits(other)).isEqualTo(bits(c));
        });
  }

  @Test
  void aProductOfMatricesIsAddedToWhatIsThere() {
    float[] a = {1, 2, 3, 4, 5, 6};
    float[] b = {1, 10, 100, 1_000, 10_000, 100_000};
    float[] c = {0.5f, 0, 0, 0.25f};

    scalar.multiply(a, 2, 3, b, 2, c);

    assertThat(c).containsExactly(30_201.5f, 302_010, 60_504, 605_040.25f);
  }
}
