package dev.varve.bench;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A thread that reads rows as fast as it can, beside the work that is measured.
 *
 * <p><b>Threads:</b> one owner; the reader's own thread does nothing but read.
 */
final class BackgroundReader implements AutoCloseable {
  private final Work reads;
  private final Thread thread;
  private volatile boolean stopped;
  private final AtomicLong rows = new AtomicLong();
  private volatile @Nullable Throwable failure;

  /**
   * @param reads one batch of lookups; used by the new thread only
   */
  BackgroundReader(Work reads) {
    this.reads = reads;
    this.thread = Thread.ofPlatform().name("reader").daemon().start(this::read);
  }

  private void read() {
    try {
      while (!stopped) {
        rows.addAndGet(reads.run());
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /** Counts from now on. */
  Watch watch() {
    return new Watch();
  }

  /** What has been read since it was made. */
  final class Watch {
    private final Stopwatch time = Stopwatch.start(thread);
    private final long begun = rows.get();

    double wallNsPerRow() {
      return (double) time.wallNs() / (rows.get() - begun);
    }

    double cpuNsPerRow() {
      return (double) time.cpuNs() / (rows.get() - begun);
    }
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
      throw new IllegalStateException(
          "reader: failed (expected: reads beside the writer)", failure);
    }
  }
}
