package dev.varve.learn;

import dev.varve.schema.ScoreBin;
import dev.varve.schema.SourceQuality;

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

  private static final int MORE_BINS = 4;

  /** A multiple of this is the first of so many bins that are counted together. */
  private final int together;

  private long examples;
  private long rejected;
  private double weight;
  private double logLoss;
  private double positives;
  private double predicted;

  /** Weight by bin, not clicked and clicked: float64[bins][2], from the first bin that is there. */
  private double[] scores = {};

  /** That bin, divided by {@link #together}. */
  private int first;

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
    int at = at(of.bin);
    scores[at] += share * of.negative;
    scores[at + 1] += share * of.positive;
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
      int at = at(bin.getBin());
      scores[at] += sign * bin.getNegatives();
      scores[at + 1] += sign * bin.getPositives();
    }
  }

  /** Adds all that another sum has; both have bins of the same size. */
  void add(QualitySum other) {
    examples += other.examples;
    rejected += other.rejected;
    weight += other.weight;
    logLoss += other.logLoss;
    positives += other.positives;
    predicted += other.predicted;
    for (int i = 0; i < other.scores.length; i += 2) {
      if (other.scores[i] != 0 || other.scores[i + 1] != 0) {
        int at = at((other.first + i / 2) * together);
        scores[at] += other.scores[i];
        scores[at + 1] += other.scores[i + 1];
      }
    }
  }

  /** Where a bin is in the scores; makes room for it. */
  private int at(int bin) {
    int of = Math.floorDiv(Math.clamp(bin, FIRST_BIN, LAST_BIN), together);
    int i = of - first;
    if (i < 0 || 2 * i >= scores.length) {
      makeRoom(of);
      i = of - first;
    }
    return 2 * i;
  }

  private void makeRoom(int of) {
    int bins = scores.length / 2;
    int newFirst = bins == 0 ? of : Math.min(first, of - MORE_BINS);
    int end = bins == 0 ? of + 1 : Math.max(first + bins, of + MORE_BINS);
    double[] more = new double[2 * (end - newFirst)];
    System.arraycopy(scores, 0, more, bins == 0 ? 0 : 2 * (first - newFirst), scores.length);
    scores = more;
    first = newFirst;
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
    for (int i = 0; i < scores.length; i += 2) {
      if (scores[i] != 0 || scores[i + 1] != 0) {
        quality.addScores(
            ScoreBin.newBuilder()
                .setBin((first + i / 2) * together)
                .setNegatives(scores[i])
                .setPositives(scores[i + 1]));
      }
    }
    return quality.build();
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
    for (int i = 0; i < scores.length; i += 2) {
      ordered += scores[i + 1] * (below + scores[i] / 2);
      below += scores[i];
      allPositives += scores[i + 1];
    }
    return ordered / (below * allPositives);
  }
}
