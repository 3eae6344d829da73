package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ContactTest {
  private static final long MS = 1_000_000;

  private final Contact contact = new Contact(Duration.ofSeconds(10), 0);

  private void note(long fromMs, long toMs, long heartbeatAgoMs) {
    for (long ms = fromMs; ms <= toMs; ms += 250) {
      contact.note(Duration.ofMillis(heartbeatAgoMs), ms * MS);
    }
  }

  private long lostMs(long nowMs) {
    return contact.lost(nowMs * MS).toMillis();
  }

  @Test
  void isNotLostWhileHeartbeatsGoOut() {
    note(250, 60_000, 2_000);

    assertThat(lostMs(60_200)).isZero();
  }

  @Test
  void aProcessThatWasStoppedKnowsBeforeItNotesAnything() {
    note(250, 10_000, 0);

    assertThat(lostMs(14_900)).isZero();
    assertThat(lostMs(15_100)).isEqualTo(5_100);
    assertThat(lostMs(70_000)).isEqualTo(60_000);
  }

  @Test
  void aStoppedProcessFindsContactOnlyAfterHalfASessionWithoutAGap() {
    note(250, 10_000, 0);
    note(70_000, 74_750, 0);

    assertThat(lostMs(74_800)).isEqualTo(64_800);

    note(75_000, 75_000, 0);

    assertThat(lostMs(75_000)).isZero();
  }

  @Test
  void heartbeatsThatDoNotGoOutAreAGap() {
    note(250, 10_000, 0);
    note(10_250, 30_000, 6_000);

    assertThat(lostMs(30_000)).isEqualTo(20_000);

    note(30_250, 34_500, 0);
    assertThat(lostMs(34_500)).isEqualTo(24_500);

    note(34_750, 35_250, 0);
    assertThat(lostMs(35_250)).isZero();
  }
}
