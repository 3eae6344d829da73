package dev.varve.store;

import java.util.function.LongSupplier;

/**
 * How far a step of a sweep gets: how many rows it takes between two looks at the clock, and when
 * it ends.
 *
 * <p>It takes as few rows at once as it needs to end in time where a row takes long, because of the
 * disk or the host, and else as many as are cheaper together. It ends when half of its time is
 * over: the other half is for rows that take far longer than those before, as where memory is
 * touched for the first time.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class SweepPace {
  /** Reading more rows from RocksDB at once saves no more. */
  static final int MOST = 64;

  private static final int LEAST = 4;

  private final LongSupplier clock;
  private int rows = LEAST;
  private long limitNs;
  private long begunNs;
  private long lookedNs;

  /**
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  SweepPace(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * Begins a step.
   *
   * @param forNs how long it may take, nanoseconds
   */
  void begin(long forNs) {
    limitNs = forNs;
    begunNs = clock.getAsLong();
    lookedNs = begunNs;
  }

  /** How many rows come next. */
  int rows() {
    return rows;
  }

  /**
   * Those have been taken: between a 32nd and an eighth of a step is the right time for them.
   *
   * @param areAlike whether what comes next is of the same kind
   */
  void took(boolean areAlike) {
    long now = clock.getAsLong();
    long tookNs = now - lookedNs;
    lookedNs = now;
    if (!areAlike) {
      rows = LEAST;
    } else if (tookNs > limitNs / 8) {
      rows = Math.max(LEAST, rows / 2);
    } else if (tookNs < limitNs / 32) {
      rows = Math.min(MOST, 2 * rows);
    }
  }

  /** Whether there is time for more of them. */
  boolean isTimeLeft() {
    return lookedNs - begunNs < limitNs / 2;
  }
}
