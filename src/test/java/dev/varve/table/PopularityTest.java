package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PopularityTest {
  private static final long NOW_MS = 1_700_000_000_000L;
  private static final long HOUR_MS = 3_600_000;

  private final Popularity hourly = new Popularity(HOUR_MS);

  @Test
  void aCountHalvesEveryHalfLife() {
    assertThat(hourly.decay(0)).isEqualTo(1);
    assertThat(hourly.decay(HOUR_MS)).isEqualTo(0.5);
    assertThat(hourly.decay(3 * HOUR_MS)).isEqualTo(0.125);
    assertThat(hourly.decay(HOUR_MS / 2)).isCloseTo(Math.sqrt(0.5), within(1e-15));
  }

  @Test
  void aHalfLifeIsPositive() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Popularity(0))
        .withMessage("halfLifeMs: 0 (expected: greater than 0)");
  }

  @Test
  void aBinIsAQuarterOfADoubling() {
    long bin = hourly.bin(1.01, NOW_MS);

    assertThat(hourly.bin(2.02, NOW_MS)).isEqualTo(bin + 4);
    assertThat(hourly.bin(1.01 * Math.pow(2, 0.25), NOW_MS)).isEqualTo(bin + 1);
    assertThat(hourly.bin(1.01, NOW_MS + HOUR_MS)).isEqualTo(bin + 4);
    assertThat(hourly.bin(0.505, NOW_MS)).isEqualTo(bin - 4);
  }

  @Test
  void binsBeforeTheBeginningOfTimeAreFloored() {
    assertThat(hourly.bin(1, 0)).isZero();
    assertThat(hourly.bin(0.99, 0)).isEqualTo(-1);
    assertThat(hourly.bin(1.01, 0)).isZero();
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

  private static boolean isAtABorder(Popularity decay, double p) {
    double nudge = 1 + 1e-6;
    return decay.bin(p / nudge, NOW_MS) != decay.bin(p * nudge, NOW_MS);
  }
}
