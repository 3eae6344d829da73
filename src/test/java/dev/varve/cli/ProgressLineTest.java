package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private static String line(double share, OptionalLong leftMs) {
    return ProgressLine.line("moved", 1_000, OptionalDouble.of(share), 10, leftMs);
  }

  @Test
  void theTimeLeftIsThatOfTheShareDone() {
    assertThat(line(0.5, OptionalLong.empty()))
        .isEqualTo("[###############...............]  50 % moved 1,000 (100/s), 10 s left");
  }

  @Test
  void whoKnowsTheTimeLeftIsBelieved() {
    assertThat(line(0.5, OptionalLong.of(90_000))).endsWith("(100/s), 1:30 min left");
  }

  @Test
  void withoutAShareThereIsNoBar() {
    assertThat(ProgressLine.line("sent", 5, OptionalDouble.empty(), 1, OptionalLong.of(1_000)))
        .isEqualTo("sent 5 (5/s)");
    assertThat(line(0, OptionalLong.of(1_000))).isEqualTo("moved 1,000 (100/s)");
  }
}
