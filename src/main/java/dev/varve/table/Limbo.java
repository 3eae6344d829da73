package dev.varve.table;

import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.agrona.collections.IntArrayList;

/**
 * Slots that no search finds any more, until every reader that may have found them has left.
 *
 * <p><b>Threads:</b> the writer.
 */
final class Limbo {
  /** A reader is done in microseconds, unless it was interrupted. */
  private static final long PAUSE_NS = 20_000;

  private final ReaderGate gate;

  /** Taken away before the latest flip of the gate. */
  private IntArrayList waiting = new IntArrayList();

  /** Taken away since. */
  private IntArrayList retired = new IntArrayList();

  Limbo(ReaderGate gate) {
    this.gate = gate;
  }

  void retire(int slot) {
    retired.addInt(slot);
  }

  int size() {
    return waiting.size() + retired.size();
  }

  /** Hands out the slots that nobody holds; whether that is all of them. */
  boolean drain(IntConsumer free) {
    while (gate.isDrained()) {
      waiting.forEachInt(free);
      waiting.clear();
      if (retired.isEmpty()) {
        return true;
      }
      IntArrayList swap = waiting;
      waiting = retired;
      retired = swap;
      gate.flip();
    }
    return false;
  }

  /** Waits until every reader of the moment has left, and hands out all slots. */
  void await(IntConsumer free) {
    // Even with nothing retired: what else was replaced may be held.
    awaitDrained();
    gate.flip();
    awaitDrained();
    empty(free);
  }

  /** Waits until all slots are handed out, and for no reader that holds none. */
  void empty(IntConsumer free) {
    while (!drain(free)) {
      LockSupport.parkNanos(PAUSE_NS);
    }
  }

  private void awaitDrained() {
    while (!gate.isDrained()) {
      LockSupport.parkNanos(PAUSE_NS);
    }
  }
}
