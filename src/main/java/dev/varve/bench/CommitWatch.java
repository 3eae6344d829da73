package dev.varve.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Follows the offsets that an application commits, and so what it has applied for good.
 *
 * <p><b>Threads:</b> one.
 */
final class CommitWatch {
  private static final long POLL_MS = 10;
  private static final Duration LONGEST_STANDSTILL = Duration.ofMinutes(2);

  private final KafkaScene scene;
  private final String group;
  private final UpdateLog log;
  private final List<Seen> seen = new ArrayList<>(List.of(Seen.now(0)));

  CommitWatch(KafkaScene scene, String group, UpdateLog log) {
    this.scene = scene;
    this.group = group;
    this.log = log;
  }

  /** A commit: when it was seen, and the rows of all updates up to it. */
  private record Seen(long ns, long rows, long cpuNs) {
    private static final OperatingSystemMXBean SYSTEM =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    static Seen now(long rows) {
      return new Seen(System.nanoTime(), rows, SYSTEM.getProcessCpuTime());
    }
  }

  /**
   * Waits until this many rows are committed.
   *
   * @throws IllegalStateException when nothing is committed for two minutes
   */
  void await(long rows) throws InterruptedException {
    while (seen.getLast().rows < rows) {
      Seen last = seen.getLast();
      long now = log.rowsBefore(scene.committed(group));
      if (now > last.rows) {
        seen.add(Seen.now(now));
      } else if (System.nanoTime() - last.ns > LONGEST_STANDSTILL.toNanos()) {
        throw new IllegalStateException(
            "group %s: %,d rows committed (expected: %,d; the log says why)"
                .formatted(group, last.rows, rows));
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }
  }

  /** Rows per second from the first commit behind {@code from} to the last. */
  Figure rate(String name, long from) {
    Seen first = first(from);
    Seen last = seen.getLast();
    return Figure.of(
        name, Unit.ROWS_PER_SECOND, 1e9 * (last.rows - first.rows) / (last.ns - first.ns));
  }

  /** CPU time of the whole process for a row, broker included. */
  Figure cpu(String name, long from) {
    Seen first = first(from);
    Seen last = seen.getLast();
    return Figure.of(
        name, Unit.NS_PER_ROW, (double) (last.cpuNs - first.cpuNs) / (last.rows - first.rows));
  }

  /** The first commit behind it, but where it is the only one: what is small is soon done. */
  private Seen first(long from) {
    int first = 0;
    while (first < seen.size() - 2 && seen.get(first).rows < from) {
      first++;
    }
    return seen.get(first);
  }
}
