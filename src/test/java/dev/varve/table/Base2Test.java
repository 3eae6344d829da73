package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class Base2Test {
  private static final double STEP = 0x1p-44;

  @Test
  void aPowerIsTheStrictOneToTwelveDigits() {
    forAll(
        20_000,
        random -> {
          double x = random.nextBoolean() ? random.nextDouble(1020) : tiny(random);
          double exact = StrictMath.pow(2, -x);

          assertThat(Base2.twoToMinus(x)).isCloseTo(exact, within(1e-12 * exact));
        });
  }

  private static double tiny(RandomGenerator random) {
    return StrictMath.pow(2, -random.nextDouble(60));
  }

  @Test
  void aWholePowerIsExact() {
    for (int x = 0; x <= 1021; x++) {
      assertThat(Base2.twoToMinus(x)).isEqualTo(Math.scalb(1.0, -x));
    }
  }

  @Test
  void aPowerFallsWithEveryStepAlsoWhereTwoPiecesMeet() {
    for (int i = 0; i <= 3 * 512; i++) {
      double border = i / 512.0;
      for (int step = -20; step < 20; step++) {
        double x = border + step * STEP;
        if (x >= 0) {
          assertThat(Base2.twoToMinus(x + STEP)).isLessThan(Base2.twoToMinus(x));
        }
      }
    }
  }

  @Test
  void aPowerFallsWithEveryStep() {
    forAll(
        20_000,
        random -> {
          double x = Math.rint(random.nextDouble(511) / STEP) * STEP;

          assertThat(Base2.twoToMinus(x + STEP)).isLessThan(Base2.twoToMinus(x));
        });
  }

  @Test
  void aPowerNeverRisesFromOneExponentToTheNext() {
    forAll(
        20_000,
        random -> {
          double x = random.nextDouble(1023);

          assertThat(Base2.twoToMinus(Math.nextUp(x))).isLessThanOrEqualTo(Base2.twoToMinus(x));
        });
  }

  @Test
  void aPowerTooSmallForADoubleIsZero() {
    assertThat(Base2.twoToMinus(1021.99)).isGreaterThan(0);
    assertThat(Base2.twoToMinus(1022)).isZero();
    assertThat(Base2.twoToMinus(1e11)).isZero();
    assertThat(Base2.twoToMinus(Double.MAX_VALUE)).isZero();
    assertThat(Base2.twoToMinus(Double.POSITIVE_INFINITY)).isZero();
  }

  @Test
  void aLogarithmIsTheStrictOneToNineDigits() {
    forAll(
        20_000,
        random -> {
          double p = Math.scalb(random.nextDouble(1, 2), random.nextInt(-1022, 1024));
          // The exponent apart, which StrictMath.log would round with the rest.
          double exact = Math.getExponent(p) + StrictMath.log(significand(p)) / StrictMath.log(2);

          assertThat(Base2.log(p)).isCloseTo(exact, within(1e-9));
        });
  }

  private static double significand(double p) {
    return Math.scalb(p, -Math.getExponent(p));
  }

  @Test
  void theLogarithmOfAPowerOfTwoIsExact() {
    for (int k = -1022; k <= 1023; k++) {
      assertThat(Base2.log(Math.scalb(1.0, k))).isEqualTo(k);
    }
  }

  @Test
  void aLogarithmRisesWithEveryStepAlsoWhereTwoPiecesMeet() {
    for (int i = 256; i <= 512; i++) {
      for (int step = -20; step < 20; step++) {
        double p = i / 256.0 + step * 0x1p-32;
        if (p >= 1 && p < 2) {
          assertThat(Base2.log(p + 0x1p-32)).isGreaterThan(Base2.log(p));
        }
      }
    }
  }

  @Test
  void aLogarithmRisesWithEveryBitThatItReads() {
    forAll(
        20_000,
        random -> {
          double p = 1 + random.nextLong(1L << 32) * 0x1p-32;

          assertThat(Base2.log(p + 0x1p-32)).isGreaterThan(Base2.log(p));
        });
  }

  @Test
  void aLogarithmNeverFallsFromOneNumberToTheNext() {
    forAll(
        20_000,
        random -> {
          double p = Double.longBitsToDouble(random.nextLong(0x7FF0_0000_0000_0000L));

          assertThat(Base2.log(Math.nextUp(p))).isGreaterThanOrEqualTo(Base2.log(p));
        });
    assertThat(Base2.log(0)).isEqualTo(-1023);
    assertThat(Base2.log(Double.MIN_VALUE)).isGreaterThanOrEqualTo(-1023);
  }

  @Test
  void theArithmeticStaysAsItIsToTheBit() {
    // Rows that were counted before are counted on: a replay must give the same bits.
    var random = new Random(7);
    long digest = 0;
    for (int i = 0; i < 10_000; i++) {
      double power = Base2.twoToMinus(100 * random.nextDouble());
      double log = Base2.log(1 + 1_000_000 * random.nextDouble());
      digest = 31 * digest + Double.doubleToRawLongBits(power);
      digest = 31 * digest + Double.doubleToRawLongBits(log);
    }

    assertThat(digest).isEqualTo(-2_800_690_923_995_248_651L);
  }
}
