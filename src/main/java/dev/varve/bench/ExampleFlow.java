package dev.varve.bench;

import dev.varve.feed.ExampleSender;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that sends examples at a steady pace, beside what is measured.
 *
 * <p><b>Threads:</b> one owner; the sender belongs to the new thread until this is closed.
 */
final class ExampleFlow implements AutoCloseable {
  private static final int STEPS_PER_SECOND = 100;

  private final ExampleSender sender;
  private final CriteoExamples.Stream drawn;
  private final double perStep;
  private final long begunNs = System.nanoTime();
  private final Thread thread;
  private volatile long sent;
  private volatile boolean stopped;
  private volatile @Nullable Throwable failure;

  ExampleFlow(ExampleSender sender, CriteoExamples.Stream drawn, double perSec) {
    this.sender = sender;
    this.drawn = drawn;
    this.perStep = perSec / STEPS_PER_SECOND;
    this.thread = Thread.ofPlatform().name("examples").daemon().start(this::send);
  }

  private void send() {
    try {
      long stepNs = 1_000_000_000L / STEPS_PER_SECOND;
      double due = 0;
      long next = System.nanoTime();
      while (!stopped) {
        due += perStep;
        long n = sent;
        for (; n < (long) due; n++) {
          sender.send(drawn.next());
        }
        sent = n;
        next += stepNs;
        LockSupport.parkNanos(next - System.nanoTime());
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  /** Examples per second that were sent so far. */
  double perSec() {
    return 1e9 * sent / (System.nanoTime() - begunNs);
  }

  /** Stops it; fails when it has failed. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw new IllegalStateException("examples: failed (expected: sent)", failure);
    }
  }
}
