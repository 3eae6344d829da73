package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.table.RowEncoding;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class AdagradTest {
  private static final float RATE = 0.5f;
  private static final float LINEAR_RATE = 0.25f;
  private static final float INITIAL = 0.125f;

  private final Adagrad optimizer =
      new Adagrad(
          new OptimizerConfig(
              OptimizerKind.ADAGRAD, RATE, LINEAR_RATE, 0.02, 0.01, INITIAL, 0.01, 0, 100, 0, 0, 1),
          7);

  @Test
  void aStepDividesTheRateByTheRootOfTheSquaresSoFar() {
    forAll(
        300,
        random -> {
          int d = random.nextInt(0, 20);
          float[] state = randomState(d, random);
          float[] before = state.clone();
          float[] gradient = randomGradient(d, random);

          assertThat(optimizer.step(state, 0, d, gradient, 0)).isTrue();
          for (int i = 0; i <= d; i++) {
            double sum = before[1 + d + i] + squares(gradient, d)[i];
            double direction = Math.clamp(gradient[i] / Math.sqrt(sum + INITIAL), -1, 1);
            double rate = i == 0 ? LINEAR_RATE : RATE;
            assertThat((double) state[1 + d + i]).isCloseTo(sum, within(1e-5 * sum + 1e-12));
            assertThat((double) state[i]).isCloseTo(before[i] - rate * direction, within(1e-5));
          }
        });
  }

  /** The linear weight's squares as sent; the vector's shared out like the squared sum. */
  private static double[] squares(float[] gradient, int d) {
    double[] squares = new double[1 + d];
    squares[0] = gradient[1 + d];
    double sum = 0;
    for (int i = 1; i <= d; i++) {
      sum += (double) gradient[i] * gradient[i];
    }
    for (int i = 1; i <= d; i++) {
      squares[i] = sum == 0 ? 0 : (double) gradient[i] * gradient[i] / sum * gradient[2 + d];
    }
    return squares;
  }

  @Test
  void aStepTouchesOnlyItsStateAndNoGradient() {
    float[] states = new float[30];
    float[] gradients = {9, 9, 1, 2, 3, 1, 13, 9};
    optimizer.step(states, 10, 2, gradients, 2);

    for (int i = 0; i < states.length; i++) {
      assertThat(states[i] != 0).as("float " + i).isEqualTo(i >= 10 && i < 16);
    }
    assertThat(gradients).containsExactly(9, 9, 1, 2, 3, 1, 13, 9);
  }

  @Test
  void aStepNeverMovesFartherThanTheRate() {
    forAll(
        300,
        random -> {
          int d = random.nextInt(1, 9);
          float[] state = randomState(d, random);
          float[] before = state.clone();
          float[] gradient = randomGradient(d, random);
          float large = (float) Math.exp(random.nextDouble(0, 18));
          for (int i = 0; i <= d; i++) {
            gradient[i] *= large;
          }

          assertThat(optimizer.step(state, 0, d, gradient, 0)).isTrue();
          for (int i = 0; i <= d; i++) {
            float rate = i == 0 ? LINEAR_RATE : RATE;
            assertThat(Math.abs(state[i] - before[i])).isLessThanOrEqualTo(rate + 1e-5f);
          }
        });
  }

  @Test
  void gradientsThatCancelAlmostWhollyLeaveEveryFloatFinite() {
    float[] state = new float[RowEncoding.FLOAT32_ADAGRAD.stateLength(2)];

    assertThat(optimizer.step(state, 0, 2, new float[] {0, 1e-21f, 0, 0, 0.5f}, 0)).isTrue();
    assertThat(state[4]).isCloseTo(0.5f, within(0.2f));
    for (float value : state) {
      assertThat(value).isFinite();
    }
  }

  @Test
  void noGradientIsNoStep() {
    float[] state = randomState(4, new SplittableRandom(1));
    float[] before = state.clone();

    assertThat(optimizer.step(state, 0, 4, new float[Gradient.length(4)], 0)).isTrue();
    assertThat(state).containsExactly(before);
  }

  @Test
  void theSquaresOfOneExampleAreAddedWhole() {
    float[] state = new float[RowEncoding.FLOAT32_ADAGRAD.stateLength(2)];
    optimizer.step(state, 0, 2, new float[] {2, 3, 4, 4, 25}, 0);

    assertThat(state[3]).isEqualTo(4);
    assertThat(state[4]).isCloseTo(9, within(1e-5f));
    assertThat(state[5]).isCloseTo(16, within(1e-5f));
  }

  @Test
  void theInitialStateIsTheSameWheneverItIsAskedFor() {
    var other =
        new Adagrad(
            new OptimizerConfig(OptimizerKind.ADAGRAD, 1, 1, 1, 1, 1, 0.01, 0, 100, 0, 0, 1), 7);

    assertThat(other.initial("user", 5, 16)).containsExactly(optimizer.initial("user", 5, 16));
    assertThat(other.initial("bias", 3)).containsExactly(optimizer.initial("bias", 3));
  }

  @Test
  void theInitialStateDiffersByTableCategoryAndSeed() {
    float[] state = optimizer.initial("user", 5, 16);
    var other =
        new Adagrad(
            new OptimizerConfig(OptimizerKind.ADAGRAD, 1, 1, 1, 1, 1, 0.01, 0, 100, 0, 0, 1), 8);

    assertThat(optimizer.initial("item", 5, 16)).isNotEqualTo(state);
    assertThat(optimizer.initial("user", 6, 16)).isNotEqualTo(state);
    assertThat(other.initial("user", 5, 16)).isNotEqualTo(state);
    assertThat(optimizer.initial("numerical/a", 4))
        .isNotEqualTo(optimizer.initial("numerical/b", 4));
  }

  @Test
  void theInitialStateHasNoLinearWeightSmallCoordinatesAndNoSquares() {
    double squares = 0;
    for (int category = 0; category < 1_000; category++) {
      float[] state = optimizer.initial("user", category, 8);
      assertThat(state).hasSize(RowEncoding.FLOAT32_ADAGRAD.stateLength(8));
      assertThat(state[0]).isZero();
      assertThat(Arrays.copyOfRange(state, 9, 18)).containsOnly(0);
      for (int i = 1; i < 9; i++) {
        assertThat(state[i]).isNotZero();
        squares += (double) state[i] * state[i];
      }
    }

    assertThat(Math.sqrt(squares / 8_000)).isCloseTo(0.01, within(0.0005));
  }

  @Test
  void aRowOfMoreDimensionsBeginsLikeOneOfFewer() {
    float[] small = optimizer.initial("user", 5, 4);
    float[] large = optimizer.initial("user", 5, 16);

    assertThat(Arrays.copyOf(large, 5)).containsExactly(Arrays.copyOf(small, 5));
  }

  private static float[] randomState(int d, RandomGenerator random) {
    float[] state = new float[RowEncoding.FLOAT32_ADAGRAD.stateLength(d)];
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
