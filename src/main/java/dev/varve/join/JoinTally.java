package dev.varve.join;

import dev.varve.schema.DelayBin;
import dev.varve.schema.JoinReport;
import java.util.TreeMap;

/**
 * Counts what a joiner does between two reports.
 *
 * <p><b>Threads:</b> one.
 */
public final class JoinTally {
  private static final int BINS_PER_DOUBLING = 4;

  private final TreeMap<Integer, Long> delays = new TreeMap<>();
  private boolean isEmpty = true;
  private JoinReport.Builder report = JoinReport.newBuilder();

  /** What is counted next. */
  JoinReport.Builder counts() {
    isEmpty = false;
    return report;
  }

  /** Counts the time from an impression to its click. */
  void delay(long ms) {
    delays.merge(bin(ms), 1L, Long::sum);
  }

  /** Counts a record that was refused. */
  public void refused() {
    counts().setRefused(report.getRefused() + 1);
  }

  public boolean isEmpty() {
    return isEmpty;
  }

  /** What was counted since the last report; counting begins anew. */
  public JoinReport take(int partition, long waitingBytes, long newestMs) {
    delays.forEach(
        (bin, clicks) -> report.addDelays(DelayBin.newBuilder().setBin(bin).setClicks(clicks)));
    JoinReport taken =
        report.setPartition(partition).setWaitingBytes(waitingBytes).setNewestMs(newestMs).build();
    delays.clear();
    report = JoinReport.newBuilder();
    isEmpty = true;
    return taken;
  }

  static int bin(long delayMs) {
    return (int) (BINS_PER_DOUBLING * Math.log1p((double) Math.max(0, delayMs)) / Math.log(2));
  }

  /** The longest delay of a bin, milliseconds. */
  static long longest(int bin) {
    return (long) Math.ceil(Math.pow(2, (bin + 1.0) / BINS_PER_DOUBLING)) - 1;
  }
}
