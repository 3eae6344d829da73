package dev.varve.learn;

import dev.varve.schema.ScoreBin;
import dev.varve.schema.SourceQuality;
import java.util.TreeMap;

/**
 * Progressive log-loss, AUC and calibration over any number of reports. Reports can be taken out
 * again, so a sliding window is a sum with a queue.
 *
 * <p>AUC comes from a histogram of logits, 64 bins to the unit: predictions in the same bin count
 * as ties, an error far below 0.0001.
 *
 * <p><b>Threads:</b> one.
 */
public final class QualitySum {
  private long examples;
  private long rejected;
  private double weight;
  private double logLoss;
  private double positives;
  private double predicted;
  private final TreeMap<Integer, double[]> scores = new TreeMap<>();

  public void add(SourceQuality report) {
    combine(report, 1);
  }

  public void remove(SourceQuality report) {
    combine(report, -1);
  }

  private void combine(SourceQuality report, int sign) {
    examples += sign * report.getExamples();
    rejected += sign * report.getRejected();
    weight += sign * report.getWeight();
    logLoss += sign * report.getLogLoss();
    positives += sign * report.getPositives();
    predicted += sign * report.getPredicted();
    for (ScoreBin bin : report.getScoresList()) {
      double[] byLabel = scores.computeIfAbsent(bin.getBin(), _ -> new double[2]);
      byLabel[0] += sign * bin.getNegatives();
      byLabel[1] += sign * bin.getPositives();
    }
  }

  public long examples() {
    return examples;
  }

  public long rejected() {
    return rejected;
  }

  /** Mean log-loss in nats; NaN without examples. */
  public double logLoss() {
    return logLoss / weight;
  }

  /**
   * Mean log-loss over that of who predicts the mean label for every example; below 1 is better.
   * NaN when all labels are alike.
   *
   * <p><b>Source:</b> He et al. 2014, equation 1.
   */
  public double normalizedEntropy() {
    double share = positives / weight;
    double entropy = -share * Math.log(share) - (1 - share) * Math.log1p(-share);
    return entropy > 0 ? logLoss() / entropy : Double.NaN;
  }

  /** Predicted over actual positives; NaN without examples, infinite without positives. */
  public double calibration() {
    return predicted / positives;
  }

  /** Probability that a clicked example scores above one that was not; NaN without both. */
  public double auc() {
    double below = 0;
    double ordered = 0;
    double allPositives = 0;
    for (double[] byLabel : scores.values()) {
      ordered += byLabel[1] * (below + byLabel[0] / 2);
      below += byLabel[0];
      allPositives += byLabel[1];
    }
    return ordered / (below * allPositives);
  }
}
