package dev.varve.base;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({"0ms,0", "100ms,100", "5s,5000", "2m,120000", "1h,3600000", "7d,604800000"})
  void aDurationIsWrittenAsItIsRead(String text, long ms) {
    assertThat(Durations.parse(text)).isEqualTo(Duration.ofMillis(ms));
    assertThat(Durations.format(Duration.ofMillis(ms))).isEqualTo(text);
  }

  @Test
  void everyDurationComesBackFromItsText() {
    forAll(
        500,
        random -> {
          var duration = Duration.ofMillis(random.nextLong(1L << random.nextInt(1, 59)));
          assertThat(Durations.parse(Durations.format(duration))).isEqualTo(duration);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "-1s", "1.5s", "5 s", "5S", "1w", "106751991168d"})
  void anythingElseIsRefusedWithExamples(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: a duration such as 100ms, 5s, 2m, 1h or 7d)");
  }
}
