package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PopularityTest {
  private static final long NOW_MS = 1_700_000_000_000L;
  private static final long HOUR_MS = 3_600_000;

  /** More than three thousand years. */
  private static final long LONGEST_MS = 100_000_000_000_000L;

  private final Popularity hourly = new Popularity(HOUR_MS);

  @Test
  void aCountHalvesEveryHalfLife() {
    assertThat(hourly.decay(0)).isEqualTo(1);
    assertThat(hourly.decay(HOUR_MS)).isEqualTo(0.5);
    assertThat(hourly.decay(3 * HOUR_MS)).isEqualTo(0.125);
    assertThat(hourly.decay(HOUR_MS / 2)).isCloseTo(Math.sqrt(0.5), within(1e-15));
  }

  @Test
  void whateverTheHalfLifeACountHalvesExactly() {
    forAll(
        2_000,
        random -> {
          var decay = new Popularity(random.nextLong(1, 1L << random.nextInt(1, 41)));
          int halvings = random.nextInt(1_000);

          assertThat(decay.decay(halvings * decay.halfLifeMs()))
              .isEqualTo(Math.scalb(1.0, -halvings));
        });
  }

  @Test
  void decayIsThePowerOfTwoToTwelveDigits() {
    forAll(
        20_000,
        random -> {
          var decay = new Popularity(random.nextLong(1, 1L << random.nextInt(1, 45)));
          long elapsed = random.nextLong(Math.min(1_020 * decay.halfLifeMs(), LONGEST_MS));
          double exact = StrictMath.pow(2, -(double) elapsed / decay.halfLifeMs());

          assertThat(decay.decay(elapsed)).isCloseTo(exact, within(1e-12 * exact));
        });
  }

  @Test
  void decayIsNeverAboveOneAndNeverRisesWithTime() {
    forAll(
        20_000,
        random -> {
          var decay = new Popularity(random.nextLong(1, 1L << random.nextInt(1, 45)));
          long elapsed = random.nextLong(1L << random.nextInt(1, 48));
          double left = decay.decay(elapsed);

          assertThat(left).isBetween(0.0, 1.0);
          assertThat(decay.decay(elapsed + 1)).isLessThanOrEqualTo(left);
        });
  }

  @Test
  void everyMillisecondTellsWithAHalfLifeOfCenturies() {
    var decay = new Popularity(400L * 365 * 24 * HOUR_MS);
    forAll(
        2_000,
        random -> {
          long elapsed = random.nextLong(LONGEST_MS);

          assertThat(decay.decay(elapsed + 1)).isLessThan(decay.decay(elapsed));
        });
  }

  @Test
  void nothingIsLeftAfterVeryLong() {
    assertThat(new Popularity(1_000).decay(LONGEST_MS)).isZero();
    assertThat(new Popularity(1).decay(Long.MAX_VALUE)).isZero();
    assertThat(hourly.decay(1_021 * HOUR_MS)).isGreaterThan(0);
    assertThat(hourly.decay(1_022 * HOUR_MS)).isZero();
  }

  @Test
  void aHalfLifeIsPositive() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Popularity(0))
        .withMessage("halfLifeMs: 0 (expected: greater than 0)");
  }

  @Test
  void aBinIsASixteenthOfADoubling() {
    long bin = hourly.bin(1.01, NOW_MS);

    assertThat(hourly.bin(2.02, NOW_MS)).isEqualTo(bin + 16);
    assertThat(hourly.bin(1.01 * Math.pow(2, 0.0625), NOW_MS)).isEqualTo(bin + 1);
    assertThat(hourly.bin(1.01, NOW_MS + HOUR_MS)).isEqualTo(bin + 16);
    assertThat(hourly.bin(0.505, NOW_MS)).isEqualTo(bin - 16);
  }

  @Test
  void binsBeforeTheBeginningOfTimeAreFloored() {
    assertThat(hourly.bin(1, 0)).isZero();
    assertThat(hourly.bin(0.99, 0)).isEqualTo(-1);
    assertThat(hourly.bin(1.01, 0)).isZero();
  }

  @Test
  void aBinNeverFallsWhenPopularityOrTimeGrows() {
    forAll(
        20_000,
        random -> {
          var decay = new Popularity(random.nextLong(1_000, 1_000 * HOUR_MS));
          double p = Math.exp(random.nextDouble(-3, 15));
          long timeMs = random.nextLong(LONGEST_MS);

          assertThat(decay.bin(Math.nextUp(p), timeMs))
              .isGreaterThanOrEqualTo(decay.bin(p, timeMs));
          assertThat(decay.bin(p, timeMs + 1)).isGreaterThanOrEqualTo(decay.bin(p, timeMs));
        });
  }

  @Test
  void aBinIsThatOfTheGradeUnlessAtABorder() {
    forAll(
        20_000,
        random -> {
          double p = Math.exp(random.nextDouble(-3, 15));
          double log = StrictMath.log(p) / StrictMath.log(2);
          double grade = log + (double) NOW_MS / HOUR_MS;

          assertThat(hourly.bin(p, NOW_MS))
              .isBetween(
                  (long) Math.floor(16 * (grade - 1e-9)), (long) Math.floor(16 * (grade + 1e-9)));
        });
  }

  @Test
  void aRowThatIsNotTouchedStaysInItsBinWhileItDecays() {
    forAll(
        2_000,
        random -> {
          var decay = new Popularity(random.nextLong(1_000, 1_000 * HOUR_MS));
          double p = Math.exp(random.nextDouble(-3, 15));
          long elapsed = random.nextLong(50 * decay.halfLifeMs());
          long later = decay.bin(p * decay.decay(elapsed), NOW_MS + elapsed);
          if (!isAtABorder(decay, p)) {
            assertThat(later).isEqualTo(decay.bin(p, NOW_MS));
          } else {
            assertThat(later).isCloseTo(decay.bin(p, NOW_MS), within(1L));
          }
        });
  }

  @Test
  void anEventInOrderIsAddedToWhatIsLeft() {
    assertThat(hourly.added(8, NOW_MS, 3, NOW_MS)).isEqualTo(11);
    assertThat(hourly.added(8, NOW_MS, 3, NOW_MS + 2 * HOUR_MS)).isEqualTo(2 + 3);
  }

  @Test
  void ofALateEventIsAddedWhatIsLeftOfIt() {
    assertThat(hourly.added(8, NOW_MS, 4, NOW_MS - HOUR_MS)).isEqualTo(8 + 2);
    assertThat(hourly.added(8, NOW_MS, 4, 1)).isEqualTo(8);
  }

  private static boolean isAtABorder(Popularity decay, double p) {
    double nudge = 1 + 1e-6;
    return decay.bin(p / nudge, NOW_MS) != decay.bin(p * nudge, NOW_MS);
  }
}
