package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.kernel.Kernels;
import dev.varve.kernel.Memory;
import dev.varve.table.RowEncoding;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What holds for every optimizer, and what two of them compute; {@link AdagradTest} has a third.
 */
class OptimizerTest {
  private static final float RATE = 0.5f;
  private static final float LINEAR_RATE = 0.25f;
  private static final float INITIAL = 0.125f;

  private static Optimizer optimizer(OptimizerKind kind, double clipNorm) {
    return Optimizer.of(
        new OptimizerConfig(
            kind, RATE, LINEAR_RATE, 0.02, 0.01, INITIAL, 0.01, clipNorm, 100, 0, 0, 1),
        7);
  }

  // -- rates

  @Test
  void ratesRiseAndThenHalveDownToTheLeast() {
    var usual = OptimizerConfig.defaults();
    assertThat(usual.rateAt(0)).isEqualTo(1);
    assertThat(usual.rateAt(1L << 40)).isEqualTo(1);
    var config =
        new OptimizerConfig(OptimizerKind.SGD, 1, 1, 1, 1, 0.1, 0.1, 0, 100, 10, 1_000, 0.25);

    assertThat(config.rateAt(0)).isCloseTo(0.1f, within(1e-6f));
    assertThat(config.rateAt(4)).isCloseTo(0.5f, within(2e-3f));
    assertThat(config.rateAt(1_000)).isEqualTo(0.5f);
    assertThat(config.rateAt(1_500)).isCloseTo(0.353553f, within(1e-5f));
    assertThat(config.rateAt(1_000_000)).isEqualTo(0.25f);
  }

  @ParameterizedTest
  @EnumSource(OptimizerKind.class)
  void aStepAtHalfTheRateGoesHalfAsFar(OptimizerKind kind) {
    Optimizer optimizer = optimizer(kind, 0);
    float[] gradients = {0.3f, -0.2f, 0.1f, 0.09f, 0.05f};
    float[] whole = optimizer.initial("user", 5, 2);
    float[] half = whole.clone();
    float[] before = whole.clone();

    optimizer.step(whole, 0, 2, gradients, 0);
    optimizer.times(0.5f).step(half, 0, 2, gradients, 0);

    for (int i = 0; i < 3; i++) {
      assertThat(half[i] - before[i]).isCloseTo((whole[i] - before[i]) / 2, within(1e-7f));
      assertThat(half[i]).isNotEqualTo(before[i]);
    }
    assertThat(optimizer.times(1)).isSameAs(optimizer);
  }

  @ParameterizedTest
  @EnumSource(OptimizerKind.class)
  void noWeightGrowsBeyondItsBound(OptimizerKind kind) {
    var optimizer =
        Optimizer.of(new OptimizerConfig(kind, 10, 10, 1, 1, 1e-6, 0.01, 0, 7, 0, 0, 1), 1);
    float[] state = optimizer.initial("user", 5, 2);

    for (int i = 0; i < 5; i++) {
      optimizer.step(state, 0, 2, new float[] {1, -1, 1, 1, 1}, 0);
    }

    assertThat(state).startsWith(-7, 7, -7);
  }

  // -- every one

  @ParameterizedTest
  @EnumSource
  void eachStepsStatesOfItsOwnEncoding(OptimizerKind kind) {
    RowEncoding encoding = optimizer(kind, 0).encoding();

    assertThat(encoding)
        .isEqualTo(
            switch (kind) {
              case SGD -> RowEncoding.FLOAT32_PLAIN;
              case ROWWISE_ADAGRAD -> RowEncoding.FLOAT32_ROWWISE;
              case ADAGRAD -> RowEncoding.FLOAT32_ADAGRAD;
            });
    assertThat(optimizer(kind, 0).initial("user", 5, 8)).hasSize(encoding.stateLength(8));
    assertThat(optimizer(kind, 0).dense().encoding()).isEqualTo(RowEncoding.FLOAT32_ADAGRAD);
  }

  @ParameterizedTest
  @EnumSource
  void allStartFromTheSameCoordinates(OptimizerKind kind) {
    float[] adagrad = optimizer(OptimizerKind.ADAGRAD, 0).initial("user", 5, 8);

    assertThat(Arrays.copyOf(optimizer(kind, 0).initial("user", 5, 8), 9))
        .containsExactly(Arrays.copyOf(adagrad, 9));
  }

  @ParameterizedTest
  @EnumSource
  void aStepInMemoryIsTheStepInAnArray(OptimizerKind kind) {
    forAll(
        200,
        random -> {
          Optimizer optimizer = optimizer(kind, random.nextInt(3));
          int d = random.nextInt(0, 40);
          float[] state = randomState(optimizer, d, random);
          float[] gradient = randomGradient(d, random);
          Memory.Block block = Memory.block(Float.BYTES * state.length);
          Kernels.KERNELS.store(state, 0, block.address(), state.length);

          optimizer.step(state, 0, d, gradient, 0);
          optimizer.step(block.address(), d, gradient, 0);

          float[] inMemory = new float[state.length];
          Kernels.KERNELS.load(block.address(), inMemory, 0, state.length);
          assertThat(inMemory).containsExactly(state);
        });
  }

  @ParameterizedTest
  @EnumSource
  void aStepTouchesOnlyItsStateAndNoGradient(OptimizerKind kind) {
    Optimizer optimizer = optimizer(kind, 0);
    int n = optimizer.encoding().stateLength(2);
    float[] states = new float[30];
    float[] gradients = {9, 9, 1, 2, 3, 1, 13, 9};
    optimizer.step(states, 10, 2, gradients, 2);

    for (int i = 0; i < states.length; i++) {
      assertThat(states[i] != 0).as("float " + i).isEqualTo(i >= 10 && i < 10 + n);
    }
    assertThat(gradients).containsExactly(9, 9, 1, 2, 3, 1, 13, 9);
  }

  @ParameterizedTest
  @EnumSource
  void aGradientOutOfBoundsChangesNothing(OptimizerKind kind) {
    Optimizer optimizer = optimizer(kind, 0);
    float[] tooMuch = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -2e18f, 2e36f};
    for (int d : new int[] {0, 1, 2, 5, 8, 16, 33}) {
      for (float bad : tooMuch) {
        for (int at = 0; at < Gradient.length(d); at++) {
          float[] gradient = new float[Gradient.length(d)];
          Arrays.fill(gradient, 0.1f);
          gradient[at] = bad;
          float[] state = new float[optimizer.encoding().stateLength(d)];
          Arrays.fill(state, 3);
          float[] before = state.clone();

          assertThat(optimizer.step(state, 0, d, gradient, 0)).as(bad + " at " + at).isFalse();
          assertThat(state).containsExactly(before);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4})
  void aSumOfSquaresBelowZeroIsRefused(int at) {
    float[] gradient = {0.1f, 0.2f, 0.3f, 0.01f, 0.13f};
    gradient[at] = -1e-30f;

    for (OptimizerKind kind : OptimizerKind.values()) {
      assertThat(optimizer(kind, 0).step(new float[6], 0, 2, gradient, 0)).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void noStepLeavesTheFiniteNumbers(OptimizerKind kind) {
    forAll(
        500,
        random -> {
          Optimizer optimizer = optimizer(kind, random.nextInt(2));
          int d = random.nextInt(1, 20);
          float[] state = randomState(optimizer, d, random);
          for (int step = 0; step < 500; step++) {
            float[] gradient = new float[Gradient.length(d)];
            for (int i = 0; i < gradient.length; i++) {
              double magnitude = Math.exp(random.nextDouble(-104, i > d ? 82.8 : 41.4));
              gradient[i] = (float) (i > d ? magnitude : random.nextInt(-1, 2) * magnitude);
            }
            assertThat(optimizer.step(state, 0, d, gradient, 0)).isTrue();
          }
          for (float value : state) {
            assertThat(value).isFinite();
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void noGradientIsNoStep(OptimizerKind kind) {
    forAll(
        20,
        random -> {
          Optimizer optimizer = optimizer(kind, 0);
          float[] state = randomState(optimizer, 4, random);
          float[] before = state.clone();

          assertThat(optimizer.step(state, 0, 4, new float[Gradient.length(4)], 0)).isTrue();
          assertThat(state).containsExactly(before);
        });
  }

  /** A gradient of length 10 (0, 6, 8), and one of a tenth of it. */
  @ParameterizedTest
  @EnumSource
  void aGradientLongerThanTheNormIsShortenedToIt(OptimizerKind kind) {
    float[] clipped = new float[6];
    float[] shortened = new float[6];
    optimizer(kind, 1).step(clipped, 0, 2, new float[] {0, 6, 8, 0, 100}, 0);
    optimizer(kind, 0).step(shortened, 0, 2, new float[] {0, 0.6f, 0.8f, 0, 1}, 0);

    for (int i = 0; i < 6; i++) {
      assertThat(clipped[i]).isCloseTo(shortened[i], within(1e-6f));
    }
    assertThat(clipped[2]).isNotZero();
  }

  @ParameterizedTest
  @EnumSource
  void aGradientWithinTheNormIsTakenAsItIs(OptimizerKind kind) {
    float[] bounded = new float[6];
    float[] free = new float[6];
    float[] gradient = {0.2f, 0.6f, 0.3f, 0.04f, 0.45f};
    optimizer(kind, 0.701).step(bounded, 0, 2, gradient, 0);
    optimizer(kind, 0).step(free, 0, 2, gradient, 0);

    assertThat(bounded).containsExactly(free);
    optimizer(kind, 0.699).step(free, 0, 2, gradient, 0);
    optimizer(kind, 0).step(bounded, 0, 2, gradient, 0);
    assertThat(bounded).isNotEqualTo(free);
  }

  // -- rowwise AdaGrad

  @Test
  void rowwiseAdagradDividesByTheRootOfTheMeanSquares() {
    forAll(
        300,
        random -> {
          Optimizer optimizer = optimizer(OptimizerKind.ROWWISE_ADAGRAD, 0);
          int d = random.nextInt(1, 40);
          float[] state = randomState(optimizer, d, random);
          float[] before = state.clone();
          float[] gradient = randomGradient(d, random);

          assertThat(optimizer.step(state, 0, d, gradient, 0)).isTrue();
          double sum = before[2 + d] + gradient[2 + d] / (double) d;
          double linearSum = before[1 + d] + (double) gradient[1 + d];
          assertThat((double) state[1 + d]).isCloseTo(linearSum, within(1e-5 * linearSum));
          assertThat((double) state[2 + d]).isCloseTo(sum, within(1e-5 * sum));
          for (int i = 0; i <= d; i++) {
            double root = Math.sqrt((i == 0 ? linearSum : sum) + INITIAL);
            double step = (i == 0 ? LINEAR_RATE : RATE) * Math.clamp(gradient[i] / root, -1, 1);
            assertThat((double) state[i]).isCloseTo(before[i] - step, within(1e-5));
          }
        });
  }

  // -- SGD

  @Test
  void sgdMovesByTheRateTimesTheGradientAndNoFartherThanTheRate() {
    forAll(
        300,
        random -> {
          Optimizer optimizer = optimizer(OptimizerKind.SGD, 0);
          int d = random.nextInt(0, 40);
          float[] state = randomState(optimizer, d, random);
          float[] before = state.clone();
          float[] gradient = randomGradient(d, random);

          assertThat(optimizer.step(state, 0, d, gradient, 0)).isTrue();
          for (int i = 0; i <= d; i++) {
            float cut = Math.clamp(gradient[i], -1f, 1f);
            assertThat(state[i]).isEqualTo(before[i] - (i == 0 ? LINEAR_RATE : RATE) * cut);
          }
        });
  }

  private static float[] randomState(Optimizer optimizer, int d, RandomGenerator random) {
    float[] state = new float[optimizer.encoding().stateLength(d)];
    for (int i = 0; i < state.length; i++) {
      state[i] = i <= d ? (float) random.nextGaussian() : 10 * random.nextFloat();
    }
    return state;
  }

  /** The sum of a few examples' gradients, and the sums of their squares. */
  private static float[] randomGradient(int d, RandomGenerator random) {
    float[] gradient = new float[Gradient.length(d)];
    for (int example = random.nextInt(1, 5); example > 0; example--) {
      for (int i = 0; i <= d; i++) {
        float slope = (float) random.nextGaussian();
        gradient[i] += slope;
        gradient[i == 0 ? d + 1 : d + 2] += slope * slope;
      }
    }
    return gradient;
  }
}
