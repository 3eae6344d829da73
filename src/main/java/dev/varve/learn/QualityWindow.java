package dev.varve.learn;

import dev.varve.schema.Quality;
import dev.varve.schema.SourceQuality;
import java.util.ArrayDeque;

/**
 * Progressive quality over the newest examples of this process's trainers, for people to look at:
 * reports of a transaction that is aborted later stay in.
 *
 * <p><b>Threads:</b> any; one lock.
 */
public final class QualityWindow {
  /** Quality over the window. */
  public record Snapshot(
      long examples, double logLoss, double normalizedEntropy, double auc, double calibration) {}

  private final long capacity;
  private final ArrayDeque<SourceQuality> reports = new ArrayDeque<>();
  private final QualitySum sum = new QualitySum();
  private long rejected;

  /**
   * @param capacity examples to look back over
   */
  public QualityWindow(long capacity) {
    this.capacity = capacity;
  }

  public synchronized void add(Quality quality) {
    for (SourceQuality report : quality.getSourcesList()) {
      rejected += report.getRejected();
      if (report.getExamples() == 0) {
        continue; // no example would ever push it out
      }
      reports.add(report);
      sum.add(report);
      while (sum.examples() - reports.element().getExamples() >= capacity) {
        sum.remove(reports.remove());
      }
    }
  }

  /** Records refused since the process started. */
  public synchronized long rejected() {
    return rejected;
  }

  public synchronized Snapshot snapshot() {
    return new Snapshot(
        sum.examples(), sum.logLoss(), sum.normalizedEntropy(), sum.auc(), sum.calibration());
  }
}
