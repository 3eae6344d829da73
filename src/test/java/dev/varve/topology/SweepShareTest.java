package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SweepShareTest {
  private final AtomicLong now = new AtomicLong(-5);
  private final SweepShare share = new SweepShare(now::get);

  private void pass(int ms) {
    now.addAndGet(Duration.ofMillis(ms).toNanos());
  }

  private void took(int ms) {
    pass(ms);
    share.took(Duration.ofMillis(ms).toNanos());
  }

  @Test
  void whatASweepTookHasToBeMadeUpForByItsThreadAlone() {
    assertThat(share.isLeft(false)).isTrue();

    took(3_600_000);

    assertThat(share.isLeft(false)).isFalse();
    assertThat(CompletableFuture.supplyAsync(() -> share.isLeft(false)).join()).isTrue();
  }

  @Test
  void aStepMayTakeWhatIsLeftAndMore() {
    assertThat(share.isLeft(false)).isTrue();
    took(9);
    assertThat(share.isLeft(false)).isTrue();
  }

  @Test
  void itIsAThirdOfTheTimeAndTwoThirdsWhileRowsWait() {
    assertThat(sweptOf(3_000, false)).isBetween(1_000, 1_030);
    assertThat(sweptOf(3_000, true)).isBetween(2_000, 2_030);
  }

  /** How many of some milliseconds are swept, in steps of 5, when it is asked every millisecond. */
  private int sweptOf(int ms, boolean isUrgent) {
    int swept = 0;
    for (int passed = 0; passed < ms; ) {
      boolean isLeft = share.isLeft(isUrgent);
      if (isLeft) {
        took(5);
        swept += 5;
      } else {
        pass(1);
      }
      passed += isLeft ? 5 : 1;
    }
    return swept;
  }
}
