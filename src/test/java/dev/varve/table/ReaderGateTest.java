package dev.varve.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReaderGateTest {
  private static final int FLIPS = 1_000;

  private final ReaderGate gate = new ReaderGate();

  @Test
  void aGateThatNobodyEnteredIsDrained() {
    for (int i = 0; i < 5; i++) {
      assertThat(gate.isDrained()).isTrue();
      gate.flip();
    }
    assertThat(gate.isDrained()).isTrue();
  }

  @Test
  void aReaderThatEnteredBeforeAFlipHoldsItUntilItLeaves() {
    for (int i = 0; i < 5; i++) {
      int entered = gate.enter();
      gate.flip();
      assertThat(gate.isDrained()).isFalse();
      gate.leave(entered);
      assertThat(gate.isDrained()).isTrue();
    }
  }

  @Test
  void aReaderThatEntersAfterAFlipDoesNotHoldIt() {
    for (int i = 0; i < 5; i++) {
      gate.flip();
      int entered = gate.enter();
      assertThat(gate.isDrained()).isTrue();
      gate.flip();
      assertThat(gate.isDrained()).isFalse();
      gate.leave(entered);
      assertThat(gate.isDrained()).isTrue();
    }
  }

  @Test
  void readersOfBothPhasesAreToldApart() {
    int before = gate.enter();
    gate.flip();
    int after = gate.enter();
    gate.leave(after);
    assertThat(gate.isDrained()).isFalse();
    gate.leave(before);
    assertThat(gate.isDrained()).isTrue();
  }

  @Test
  void aReaderMayEnterMoreThanOnce() {
    int first = gate.enter();
    int second = gate.enter();
    gate.flip();
    gate.leave(first);
    assertThat(gate.isDrained()).isFalse();
    gate.leave(second);
    assertThat(gate.isDrained()).isTrue();
  }

  @Test
  void everyReaderOfManyHoldsAFlip() throws Exception {
    int readers = 100;
    var inside = new CountDownLatch(readers);
    List<CountDownLatch> doors = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < readers; i++) {
      var door = new CountDownLatch(1);
      doors.add(door);
      threads.add(Thread.ofPlatform().start(() -> readUntil(door, inside)));
    }
    inside.await();
    gate.flip();
    for (int i = 0; i < readers; i++) {
      assertThat(gate.isDrained()).isFalse();
      doors.get(i).countDown();
      threads.get(i).join();
    }
    assertThat(gate.isDrained()).isTrue();
  }

  private void readUntil(CountDownLatch door, CountDownLatch inside) {
    int entered = gate.enter();
    inside.countDown();
    try {
      door.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    gate.leave(entered);
  }

  /** What readers find; whoever frees it must know that nobody holds it. */
  private static final class Box {
    // Plain on purpose: the gate orders it.
    private boolean isFree;
  }

  private volatile Box box = new Box();
  private final AtomicBoolean done = new AtomicBoolean();

  @Test
  void whatWasTakenAwayBeforeAFlipIsHeldByNobodyOnceItIsDrained() throws Exception {
    int readers = 3;
    var reading = new CountDownLatch(readers);
    try (ExecutorService threads = Executors.newFixedThreadPool(readers)) {
      List<Future<Long>> results = new ArrayList<>();
      for (int i = 0; i < readers; i++) {
        results.add(threads.submit(() -> read(reading)));
      }
      reading.await();
      for (int i = 0; i < FLIPS; i++) {
        Box old = box;
        box = new Box();
        gate.flip();
        while (!gate.isDrained()) {
          Thread.onSpinWait();
        }
        old.isFree = true;
      }
      done.set(true);
      for (Future<Long> result : results) {
        assertThat(result.get()).as("reads").isPositive();
      }
    }
  }

  private long read(CountDownLatch reading) {
    reading.countDown();
    long reads = 0;
    while (!done.get() || reads == 0) {
      int entered = gate.enter();
      try {
        Box found = box;
        for (int i = 0; i < 20; i++) {
          assertThat(found.isFree).as("free while it is held").isFalse();
          Thread.onSpinWait();
        }
      } finally {
        gate.leave(entered);
      }
      reads++;
      // Better interrupted here than inside, where it would hold the writer up.
      Thread.onSpinWait();
    }
    return reads;
  }
}
