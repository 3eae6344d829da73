package dev.varve.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * Time since it was made: by the clock, and of a thread on a processor.
 *
 * <p><b>Threads:</b> any may read; the thread that is watched must live.
 */
final class Stopwatch {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final long threadId;
  private final long wallBegun;
  private final long cpuBegun;

  private Stopwatch(long threadId) {
    this.threadId = threadId;
    this.cpuBegun = THREADS.getThreadCpuTime(threadId);
    this.wallBegun = System.nanoTime();
  }

  /** Watches the thread that calls. */
  static Stopwatch start() {
    return new Stopwatch(Thread.currentThread().threadId());
  }

  static Stopwatch start(Thread of) {
    return new Stopwatch(of.threadId());
  }

  long wallNs() {
    return System.nanoTime() - wallBegun;
  }

  long cpuNs() {
    return THREADS.getThreadCpuTime(threadId) - cpuBegun;
  }
}
