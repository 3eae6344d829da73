package dev.varve.learn;

import dev.varve.schema.ScoreBin;
import dev.varve.schema.SourceQuality;
import java.util.Arrays;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * Progressive log-loss, AUC and calibration over predictions and reports. Reports can be taken out
 * again, so a sliding window is a sum with a queue.
 *
 * <p>AUC comes from a histogram of logits, 64 bins to the unit: predictions in the same bin count
 * as ties, an error far below 0.0001. A coarse one has 4, and an error of some 0.001.
 *
 * <p><b>Threads:</b> one.
 */
public final class QualitySum {
  /** Score bins per unit of logit. */
  static final int BINS_PER_LOGIT = 64;

  private static final int FIRST_BIN = -1024;
  private static final int LAST_BIN = 1023;
  private static final int COARSE = 16;

  /** A multiple of this is the first of so many bins that are counted together. */
  private final int together;

  private long examples;
  private long rejected;
  private double weight;
  private double logLoss;
  private double positives;
  private double predicted;

  /** Weight by bin, not clicked and clicked. */
  private final Int2ObjectHashMap<double[]> scores = new Int2ObjectHashMap<>();

  /** Of nothing. */
  public QualitySum() {
    this(1);
  }

  private QualitySum(int together) {
    this.together = together;
  }

  /** Of nothing; for many small sums. */
  static QualitySum coarse() {
    return new QualitySum(COARSE);
  }

  /**
   * Counts a prediction.
   *
   * @param positive how much it counts as clicked
   * @param negative how much as not clicked; below 0 takes back what counted so before
   */
  void count(float logit, double positive, double negative) {
    count(Prediction.of(logit, positive, negative), 1);
  }

  /** Counts a share of a prediction. */
  void count(Prediction of, double share) {
    examples++;
    weight += share * (of.positive + of.negative);
    logLoss += share * of.logLoss;
    positives += share * of.positive;
    predicted += share * of.predicted;
    double[] byLabel = byLabel(Math.floorDiv(of.bin, together) * together);
    byLabel[0] += share * of.negative;
    byLabel[1] += share * of.positive;
  }

  /** What is counted of a prediction, in as many sums as there are. */
  record Prediction(double positive, double negative, double logLoss, double predicted, int bin) {
    /**
     * Computes it.
     *
     * @param positive how much it counts as clicked
     * @param negative how much as not clicked; below 0 takes back what counted so before
     */
    static Prediction of(float logit, double positive, double negative) {
      return new Prediction(
          positive,
          negative,
          positive * QualitySum.logLoss(logit, 1) + negative * QualitySum.logLoss(logit, 0),
          (positive + negative) * probability(logit),
          Math.clamp((int) Math.floor(BINS_PER_LOGIT * logit), FIRST_BIN, LAST_BIN));
    }
  }

  /** Counts a record that was refused. */
  void countRejected() {
    rejected++;
  }

  /** {@code 1 / (1 + e^-logit)}. */
  static double probability(float logit) {
    return 1 / (1 + Math.exp(-(double) logit));
  }

  /** Cross entropy in nats; finite for every finite logit. */
  static double logLoss(float logit, float label) {
    double x = logit;
    return Math.max(x, 0) - x * label + Math.log1p(Math.exp(-Math.abs(x)));
  }

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
      double[] byLabel = byLabel(bin.getBin());
      byLabel[0] += sign * bin.getNegatives();
      byLabel[1] += sign * bin.getPositives();
    }
  }

  private double[] byLabel(int bin) {
    double[] byLabel = scores.get(bin);
    if (byLabel == null) {
      byLabel = new double[2];
      scores.put(bin, byLabel);
    }
    return byLabel;
  }

  /** What was counted, as a report of a source. */
  SourceQuality toProto(String source) {
    var quality =
        SourceQuality.newBuilder()
            .setSource(source)
            .setExamples(examples)
            .setRejected(rejected)
            .setWeight(weight)
            .setLogLoss(logLoss)
            .setPositives(positives)
            .setPredicted(predicted);
    for (int bin : sortedBins()) {
      double[] byLabel = byLabel(bin);
      quality.addScores(
          ScoreBin.newBuilder().setBin(bin).setNegatives(byLabel[0]).setPositives(byLabel[1]));
    }
    return quality.build();
  }

  private int[] sortedBins() {
    int[] bins = new int[scores.size()];
    var next = scores.keySet().iterator();
    for (int i = 0; i < bins.length; i++) {
      bins[i] = next.nextInt();
    }
    Arrays.sort(bins);
    return bins;
  }

  public long examples() {
    return examples;
  }

  public long rejected() {
    return rejected;
  }

  /** Sum of the examples' weights. */
  double weight() {
    return weight;
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
    for (int bin : sortedBins()) {
      double[] byLabel = byLabel(bin);
      ordered += byLabel[1] * (below + byLabel[0] / 2);
      below += byLabel[0];
      allPositives += byLabel[1];
    }
    return ordered / (below * allPositives);
  }
}
