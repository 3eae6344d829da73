package dev.varve.table;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Tells the writer when every reader that may hold something it took away has left.
 *
 * <p>Readers assume: {@link #leave} is called once, by the same thread, for each {@link #enter};
 * between them a reader holds what it found, behind them it does not.
 *
 * <ol>
 *   <li>Guaranteed: when {@link #isDrained} has returned true, every reader that entered before the
 *       latest {@link #flip} has left. Whatever the writer had made unreachable before that flip is
 *       held by nobody.
 *   <li>Readers are wait-free: one atomic addition to enter, one to leave, on a line that readers
 *       of other stripes do not touch.
 *   <li>The writer never waits here; it asks again later.
 * </ol>
 *
 * <p><b>Threads:</b> enter and leave: any; flip and isDrained: one writer.
 *
 * <table>
 * <caption>Fields of a stripe</caption>
 * <tr><th>field</th><th>written by</th><th>mode</th></tr>
 * <tr><td>started: its sign is the phase</td><td>readers (+1), writer (swap)</td><td>volatile</td></tr>
 * <tr><td>left, one for each phase</td><td>readers (+1), writer (set, while nobody is in it)</td><td>volatile</td></tr>
 * </table>
 *
 * <p><b>Source:</b> the WriterReaderPhaser of HdrHistogram, striped, and polled instead of waited
 * for.
 */
final class ReaderGate {
  /** Longs between two counters: two cache lines, since lines are fetched in pairs. */
  private static final int SPACING = 16;

  private static final int EVEN = SPACING;
  private static final int ODD = 2 * SPACING;
  private static final int STRIPE = 3 * SPACING;

  private final int stripes;
  private final AtomicLongArray counters;
  private final long[] toLeave;
  private boolean odd;

  ReaderGate() {
    int wanted = 4 * Runtime.getRuntime().availableProcessors();
    stripes = Math.min(64, Integer.highestOneBit(2 * wanted - 1));
    counters = new AtomicLongArray((stripes + 1) * STRIPE);
    toLeave = new long[stripes];
  }

  /** Begins a read. Gives what {@link #leave} takes. */
  int enter() {
    int stripe = 1 + ((int) Thread.currentThread().threadId() & (stripes - 1));
    int at = stripe * STRIPE;
    return at + (counters.getAndAdd(at, 1) < 0 ? ODD : EVEN);
  }

  /** Ends a read. */
  void leave(int entered) {
    counters.getAndAdd(entered, 1);
  }

  /** Begins a new phase. Call only when the phase before the present one {@link #isDrained}. */
  void flip() {
    odd = !odd;
    long first = odd ? Long.MIN_VALUE : 0;
    for (int stripe = 0; stripe < stripes; stripe++) {
      int at = (stripe + 1) * STRIPE;
      counters.set(at + (odd ? ODD : EVEN), first);
      toLeave[stripe] = counters.getAndSet(at, first);
    }
  }

  /** Whether the readers of the phase before the present one have all left. */
  boolean isDrained() {
    for (int stripe = 0; stripe < stripes; stripe++) {
      int left = (stripe + 1) * STRIPE + (odd ? EVEN : ODD);
      if (counters.get(left) != toLeave[stripe]) {
        return false;
      }
    }
    return true;
  }
}
