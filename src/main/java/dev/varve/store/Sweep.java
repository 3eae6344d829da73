package dev.varve.store;

import java.util.Locale;

/**
 * Brings the rows that nothing touches to the dimension that a new layout gives them, in steps.
 * Those in memory come first, ahead of what is below: readers see them, and the memory is free for
 * others. Then the same is put below, which takes ten times as long; then come the rows that are
 * below only, then what was kept aside for too long.
 *
 * <p>To see a row twice changes nothing, so after a crash it begins again with the rows in memory,
 * and where it was with those below.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class Sweep {
  private enum Stage {
    /** What is ahead is so for another layout: it goes back to what is below. */
    BACK,
    /** Rows in memory move ahead of what is below. */
    MEMORY,
    /** The same is put below. */
    AHEAD,
    /** Rows that are below only. */
    BELOW,
    /** What is kept aside for too long goes. */
    KEPT,
    DONE
  }

  private final ShardLayout layout;
  private final MemorySweep memory;
  private final StoredSweep stored;
  private final SweepPace pace = new SweepPace(System::nanoTime);
  private Stage stage = Stage.DONE;
  private boolean served = true;

  Sweep(ShardLayout layout, MemorySweep memory, StoredSweep stored) {
    this.layout = layout;
    this.memory = memory;
    this.stored = stored;
  }

  /** Begins for the layout in force. */
  void begin() {
    resume(new byte[0]);
  }

  /** Goes on behind a restart, with stored rows where it was. */
  void resume(byte[] at) {
    served = false;
    stored.goTo(at);
    if (memory.isAhead()) {
      memory.beginBelow();
      stage = Stage.BACK;
    } else {
      beginMemory();
    }
  }

  private void beginMemory() {
    memory.begin();
    stage = Stage.MEMORY;
  }

  /** What comes next, in a word. */
  String stage() {
    return stage.name().toLowerCase(Locale.ROOT);
  }

  /** Whether rows in memory are still to come: that is soon done. */
  boolean isInMemory() {
    return stage == Stage.BACK || stage == Stage.MEMORY;
  }

  /** Whether readers saw every row as the layout wants it; one evicted since may be behind. */
  boolean isServed() {
    return served;
  }

  /** The stored row that comes next; empty before the first. */
  byte[] at() {
    return stage == Stage.KEPT ? new byte[0] : stored.at();
  }

  /** The share of the rows in memory that has been seen; what is below counts as the last tenth. */
  double share() {
    return switch (stage) {
      case BACK -> 0;
      case MEMORY -> 0.1 * memory.seen();
      case AHEAD -> 0.1 + 0.8 * memory.settled();
      case BELOW, KEPT -> 0.95;
      case DONE -> 1;
    };
  }

  /**
   * Sweeps for some time, and some rows in any case.
   *
   * @param forNs how long it may take, nanoseconds
   */
  void step(long forNs) {
    pace.begin(forNs);
    do {
      Stage of = stage;
      some(pace.rows());
      pace.took(stage == of);
    } while (stage != Stage.DONE && pace.isTimeLeft());
  }

  private void some(int rows) {
    switch (stage) {
      case BACK -> {
        if (memory.back(rows)) {
          beginMemory();
        }
      }
      case MEMORY -> {
        if (memory.move(rows)) {
          served = memory.hasAll();
          memory.beginBelow();
          stage = Stage.AHEAD;
        }
      }
      case AHEAD -> {
        if (memory.settle(rows)) {
          settled();
        }
      }
      case BELOW -> {
        if (stored.rows(rows)) {
          rowsDone();
        }
      }
      case KEPT -> {
        if (stored.kept(rows)) {
          done();
        }
      }
      case DONE -> {}
    }
  }

  private void settled() {
    if (memory.hasAll()) {
      stored.goTo(new byte[0]);
      rowsDone();
    } else {
      stage = Stage.BELOW;
    }
  }

  /** What is kept aside expires with a layout. */
  private void rowsDone() {
    served = true;
    if (layout.followsLayout()) {
      done();
    } else {
      stage = Stage.KEPT;
    }
  }

  private void done() {
    stage = Stage.DONE;
    layout.swept();
  }
}
