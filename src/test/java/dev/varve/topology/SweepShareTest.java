package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SweepShareTest {
  private final SweepShare share = new SweepShare();

  @Test
  void whatASweepTookHasToBeMadeUpForByItsThreadAlone() {
    assertThat(share.isLeft()).isTrue();

    share.took(TimeUnit.HOURS.toNanos(1));

    assertThat(share.isLeft()).isFalse();
    assertThat(CompletableFuture.supplyAsync(share::isLeft).join()).isTrue();
  }

  @Test
  void aStepMayTakeWhatIsLeftAndMore() {
    share.took(1);
    assertThat(share.isLeft()).isTrue();
  }
}
