package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SweepPaceTest {
  private static final long STEP_NS = 5_000_000;

  private final SweepPace pace = new SweepPace(this::nowNs);
  private long nowNs;

  private long nowNs() {
    return nowNs;
  }

  @BeforeEach
  void begin() {
    pace.begin(STEP_NS);
  }

  /** One step, of which every portion takes so long; how many rows it takes. */
  private int step(LongUnaryOperator nsOfRows) {
    pace.begin(STEP_NS);
    int taken = 0;
    do {
      taken += pace.rows();
      nowNs += nsOfRows.applyAsLong(pace.rows());
      pace.took(true);
    } while (pace.isTimeLeft());
    return taken;
  }

  @Test
  void takesManyAtOnceWhereRowsAreFast() {
    step(rows -> 1_000 * rows);
    assertThat(pace.rows()).isEqualTo(SweepPace.MOST);
  }

  @Test
  void takesFewAtOnceWhereRowsAreSlow() {
    step(rows -> 1_000 * rows);
    for (int i = 0; i < 4; i++) {
      step(rows -> 1_000_000 * rows);
    }
    assertThat(pace.rows()).isEqualTo(4);
  }

  @Test
  void staysWhereItIsRight() {
    step(rows -> 20_000 * rows);
    int rows = pace.rows();
    assertThat(rows * 20_000L).isBetween(STEP_NS / 32, STEP_NS / 8);
    step(n -> 20_000 * n);
    assertThat(pace.rows()).isEqualTo(rows);
  }

  @Test
  void endsWithRoomForSomethingSlow() {
    step(rows -> 20_000 * rows);
    long begun = nowNs;
    step(rows -> 20_000 * rows);
    assertThat(nowNs - begun).isBetween(STEP_NS / 2, STEP_NS / 2 + STEP_NS / 8);
  }

  @Test
  void takesSomeWhenThereIsNoTime() {
    pace.begin(0);
    pace.took(true);
    assertThat(pace.isTimeLeft()).isFalse();
    assertThat(pace.rows()).isPositive();
  }

  @Test
  void beginsWithFewOfAnotherKind() {
    step(rows -> 1_000 * rows);
    pace.took(false);
    assertThat(pace.rows()).isEqualTo(4);
  }
}
