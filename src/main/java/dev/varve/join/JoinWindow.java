package dev.varve.join;

import dev.varve.base.Durations;
import dev.varve.schema.DelayBin;
import dev.varve.schema.JoinReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the joiners of this process have counted since it started, for people to look at: reports of
 * a transaction that is aborted later stay in.
 *
 * <p><b>Threads:</b> any; one lock.
 */
public final class JoinWindow {
  private static final double MOST_LATE = 0.02;
  private static final double MOST_DELAYS = 0.98;
  private static final long FEW_CLICKS = 1_000;

  private final Duration window;
  private final TreeMap<Integer, Long> delays = new TreeMap<>();
  private final Map<Integer, JoinReport> newest = new HashMap<>();
  private JoinReport sum = JoinReport.getDefaultInstance();

  /** What was counted, and a hint where there is one. */
  public record Snapshot(JoinReport counts, Delays delays, Optional<String> hint) {}

  /** Quantiles of the time from impression to click; zero without clicks. */
  public record Delays(Duration p50, Duration p90, Duration p99) {}

  /**
   * @param window that clicks have
   */
  public JoinWindow(Duration window) {
    this.window = window;
  }

  public synchronized void add(JoinReport report) {
    newest.put(report.getPartition(), report);
    sum =
        sum.toBuilder()
            .setImpressions(sum.getImpressions() + report.getImpressions())
            .setClicks(sum.getClicks() + report.getClicks())
            .setPositives(sum.getPositives() + report.getPositives())
            .setNegatives(sum.getNegatives() + report.getNegatives())
            .setLateClicks(sum.getLateClicks() + report.getLateClicks())
            .setLeftOut(sum.getLeftOut() + report.getLeftOut())
            .setRepeatedImpressions(sum.getRepeatedImpressions() + report.getRepeatedImpressions())
            .setRepeatedClicks(sum.getRepeatedClicks() + report.getRepeatedClicks())
            .setOrphans(sum.getOrphans() + report.getOrphans())
            .setLateImpressions(sum.getLateImpressions() + report.getLateImpressions())
            .setClosedEarly(sum.getClosedEarly() + report.getClosedEarly())
            .setRefused(sum.getRefused() + report.getRefused())
            .setWaitingBytes(newest.values().stream().mapToLong(JoinReport::getWaitingBytes).sum())
            .setNewestMs(Math.max(sum.getNewestMs(), report.getNewestMs()))
            .build();
    report.getDelaysList().forEach(bin -> delays.merge(bin.getBin(), bin.getClicks(), Long::sum));
  }

  public synchronized Snapshot snapshot() {
    JoinReport.Builder counts = sum.toBuilder();
    delays.forEach(
        (bin, clicks) -> counts.addDelays(DelayBin.newBuilder().setBin(bin).setClicks(clicks)));
    return new Snapshot(
        counts.build(), new Delays(quantile(0.5), quantile(0.9), quantile(0.99)), hint());
  }

  /** The bin's longest delay: at most a fifth too long. */
  private Duration quantile(double share) {
    long all = delays.values().stream().mapToLong(Long::longValue).sum();
    long below = 0;
    for (Map.Entry<Integer, Long> bin : delays.entrySet()) {
      below += bin.getValue();
      if (below >= share * all) {
        return Duration.ofMillis(JoinTally.longest(bin.getKey()));
      }
    }
    return Duration.ZERO;
  }

  private static Duration rounded(Duration of) {
    return of.toSeconds() < 10 ? of : Duration.ofSeconds(of.toSeconds() + 1);
  }

  private Optional<String> hint() {
    long joined = sum.getPositives() + sum.getLateClicks();
    double late = (double) sum.getLateClicks() / Math.max(1, joined);
    if (joined < FEW_CLICKS || late <= MOST_LATE) {
      return Optional.empty();
    }
    return Optional.of(
        ("join.window: %s (expected: longer; %.1f %% of the clicks come later and are corrected,"
                + " %.0f %% come within %s)")
            .formatted(
                Durations.format(window),
                100 * late,
                100 * MOST_DELAYS,
                Durations.format(rounded(quantile(MOST_DELAYS)))));
  }
}
