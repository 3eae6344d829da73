package dev.varve.table;

import static dev.varve.table.PackedPopularity.added;
import static dev.varve.table.PackedPopularity.packPopularity;
import static dev.varve.table.PackedPopularity.packTime;
import static dev.varve.table.PackedPopularity.unpackPopularity;
import static dev.varve.table.PackedPopularity.unpackTime;
import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PackedPopularityTest {
  private static final long LARGEST = (1L << 40) - 1;
  private static final double ULP = 0x1p-32;
  private static final long DAY_MS = 86_400_000;
  private static final long NOW = packTime(1_700_000_000_000L);

  @Test
  void whatIsPackedIsPackedTheSameAgain() {
    forAll(
        20_000,
        random -> {
          long packed = random.nextLong(1L << 32, LARGEST + 1);

          assertThat(packPopularity(unpackPopularity(packed))).isEqualTo(packed);
        });
  }

  @Test
  void packingTakesTheNearest() {
    forAll(
        20_000,
        random -> {
          double p = popularity(random);
          long packed = packPopularity(p);
          double error = Math.abs(unpackPopularity(packed) - p);

          assertThat(error).isLessThanOrEqualTo(p * 0x1p-33);
          assertThat(error).isLessThanOrEqualTo(Math.abs(unpackPopularity(packed + 1) - p));
          assertThat(error).isLessThanOrEqualTo(Math.abs(unpackPopularity(packed - 1) - p));
        });
  }

  private static double popularity(RandomGenerator random) {
    return Math.scalb(random.nextDouble(1, 2), random.nextInt(-125, 128));
  }

  @Test
  void ofTwoAsNearTheEvenOneIsTaken() {
    assertThat(unpackPopularity(packPopularity(1 + ULP / 2))).isEqualTo(1);
    assertThat(unpackPopularity(packPopularity(1 + 3 * ULP / 2))).isEqualTo(1 + 2 * ULP);
    assertThat(unpackPopularity(packPopularity(Math.nextUp(1 + ULP / 2)))).isEqualTo(1 + ULP);
    assertThat(unpackPopularity(packPopularity(2 - ULP / 2))).isEqualTo(2);
  }

  @Test
  void packingKeepsTheOrder() {
    forAll(
        20_000,
        random -> {
          double p = popularity(random);
          double q = random.nextBoolean() ? popularity(random) : p * (1 + random.nextDouble(1e-9));

          assertThat(packPopularity(Math.min(p, q)))
              .isLessThanOrEqualTo(packPopularity(Math.max(p, q)));
        });
  }

  @Test
  void wholeNumbersAreExactUpTo33Bits() {
    forAll(
        2_000,
        random -> {
          long n = random.nextLong(1L << random.nextInt(1, 34));

          assertThat(unpackPopularity(packPopularity((double) n))).isEqualTo((double) n);
        });
  }

  @Test
  void popularityBeyondTheRangeIsItsEnd() {
    assertThat(packPopularity(0)).isZero();
    assertThat(unpackPopularity(0)).isZero();
    assertThat(packPopularity(Double.MIN_VALUE)).isZero();
    assertThat(packPopularity(Math.nextDown(0x1p-126))).isZero();
    assertThat(packPopularity(0x1p-126)).isEqualTo(1L << 32);
    assertThat(unpackPopularity(1L << 32)).isEqualTo(0x1p-126);
    assertThat(unpackPopularity(LARGEST)).isEqualTo(0x1p129 - 0x1p96);
    assertThat(packPopularity(0x1p129)).isEqualTo(LARGEST);
    assertThat(packPopularity(Double.MAX_VALUE)).isEqualTo(LARGEST);
    assertThat(packPopularity(Double.POSITIVE_INFINITY)).isEqualTo(LARGEST);
  }

  @Test
  void aTimeIsRoundedDownToItsUnit() {
    forAll(
        2_000,
        random -> {
          long ms = random.nextLong(1L << random.nextInt(1, 49));

          assertThat(unpackTime(packTime(ms))).isEqualTo(ms - ms % 256);
        });
  }

  @Test
  void everyTimeThatAnEventMayHaveFits() {
    long lastMs = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();

    assertThat(unpackTime(packTime(lastMs))).isCloseTo(lastMs, within(255L));
    assertThat(packTime(1)).isZero();
  }

  @Test
  void aTimeBeyondTheRangeIsItsEnd() {
    assertThat(packTime(-1)).isZero();
    assertThat(packTime(Long.MIN_VALUE)).isZero();
    assertThat(packTime((1L << 48) - 1)).isEqualTo(LARGEST);
    assertThat(packTime(1L << 48)).isEqualTo(LARGEST);
    assertThat(packTime(Long.MAX_VALUE)).isEqualTo(LARGEST);
  }

  @Test
  void aBinIsTheSameForAPackedPopularity() {
    var hourly = new Popularity(3_600_000);
    forAll(
        2_000,
        random -> {
          double p = unpackPopularity(random.nextLong(1L << 32, LARGEST + 1));

          // Rows keep all the bits that a bin reads.
          assertThat(hourly.bin(p * (1 + ULP / 4), 0)).isEqualTo(hourly.bin(p, 0));
        });
  }

  @Test
  void aCountIsRoundedToWhatTheRowKeeps() {
    forAll(
        2_000,
        random -> {
          var decay = new Popularity(random.nextLong(1_000, 1_000 * DAY_MS));
          long old = packPopularity(Math.scalb(random.nextDouble(1, 2), random.nextInt(40)));
          long units = NOW + random.nextLong(1_000_000);
          long atUnits = NOW + random.nextLong(1_000_000);
          int n = random.nextInt(1, 100);
          double exact =
              decay.added(unpackPopularity(old), unpackTime(units), n, unpackTime(atUnits));

          assertThat(added(decay, old, units, n, atUnits)).isEqualTo(packPopularity(exact));
        });
  }

  @Test
  void countsWithinAUnitAddUpWithoutDecay() {
    var decay = new Popularity(1_000);
    long p = 0;
    long units = packTime(unpackTime(NOW) + 3);
    for (int ms = 3; ms < 256; ms++) {
      p = added(decay, p, units, 1, packTime(unpackTime(NOW) + ms));
    }

    assertThat(unpackPopularity(p)).isEqualTo(253);
  }

  @Test
  void roundingHardlySlowsTheDecayOfARowThatIsCountedInEveryUnit() {
    assertThat(decayLostIn(100_000, new Popularity(DAY_MS))).isLessThan(6e-5);
    assertThat(decayLostIn(100_000, new Popularity(90 * DAY_MS))).isLessThan(6e-3);
  }

  /** By how much the row's loss over so many units differs from that of one never rounded. */
  private static double decayLostIn(int units, Popularity decay) {
    double begin = 1e9;
    double exact = begin;
    long p = packPopularity(begin);
    for (long i = NOW; i < NOW + units; i++) {
      exact = decay.added(exact, unpackTime(i), 1, unpackTime(i + 1));
      p = added(decay, p, i, 1, i + 1);
    }
    return Math.abs(unpackPopularity(p) - exact) / (begin - exact);
  }

  @Test
  void aLateOccurrenceInAPopularRowStillCounts() {
    var decay = new Popularity(DAY_MS);
    long popular = packPopularity(0x1p32);

    assertThat(unpackPopularity(added(decay, popular, NOW, 1, NOW))).isEqualTo(0x1p32 + 1);
    assertThat(unpackPopularity(added(decay, popular, NOW, 4, NOW - packTime(2 * DAY_MS))))
        .isEqualTo(0x1p32 + 1);
  }
}
