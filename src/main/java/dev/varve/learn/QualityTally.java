package dev.varve.learn;

import dev.varve.schema.Quality;
import dev.varve.schema.ScoreBin;
import dev.varve.schema.SourceQuality;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts how well examples were predicted before they were learned from, by source, between two
 * reports.
 *
 * <p><b>Threads:</b> one.
 */
public final class QualityTally {
  /** Score bins per unit of logit. */
  static final int BINS_PER_LOGIT = 64;

  private static final int MOST_SOURCES = 64;
  private static final int FIRST_BIN = -1024;
  private static final int LAST_BIN = 1023;

  private final Map<String, Source> sources = new LinkedHashMap<>();

  private static final class Source {
    long examples;
    long rejected;
    double weight;
    double logLoss;
    double positives;
    double predicted;
    final TreeMap<Integer, double[]> scores = new TreeMap<>();
  }

  /**
   * Counts a prediction.
   *
   * @param positive how much it counts as clicked
   * @param negative how much as not clicked; below 0 takes back what counted so before
   */
  void predicted(String source, float logit, double positive, double negative) {
    Source tally = of(source);
    tally.examples++;
    tally.weight += positive + negative;
    tally.logLoss += positive * logLoss(logit, 1) + negative * logLoss(logit, 0);
    tally.positives += positive;
    tally.predicted += (positive + negative) * probability(logit);
    int bin = Math.clamp((int) Math.floor(BINS_PER_LOGIT * logit), FIRST_BIN, LAST_BIN);
    double[] byLabel = tally.scores.computeIfAbsent(bin, _ -> new double[2]);
    byLabel[0] += negative;
    byLabel[1] += positive;
  }

  /** Counts a record that was refused. */
  public void rejected(String source) {
    of(source).rejected++;
  }

  public boolean isEmpty() {
    return sources.isEmpty();
  }

  /** What was counted since the last report; counting begins anew. */
  public Quality take(int trainer, long endOffset) {
    var report = Quality.newBuilder().setTrainer(trainer).setEndOffset(endOffset);
    sources.forEach((name, tally) -> report.addSources(toProto(name, tally)));
    sources.clear();
    return report.build();
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

  private Source of(String source) {
    // Whoever sends a source of its own with each record must not blow up the report.
    boolean known = sources.containsKey(source) || sources.size() < MOST_SOURCES;
    return sources.computeIfAbsent(known ? source : "", _ -> new Source());
  }

  private static SourceQuality toProto(String name, Source tally) {
    var quality =
        SourceQuality.newBuilder()
            .setSource(name)
            .setExamples(tally.examples)
            .setRejected(tally.rejected)
            .setWeight(tally.weight)
            .setLogLoss(tally.logLoss)
            .setPositives(tally.positives)
            .setPredicted(tally.predicted);
    tally.scores.forEach(
        (bin, byLabel) ->
            quality.addScores(
                ScoreBin.newBuilder()
                    .setBin(bin)
                    .setNegatives(byLabel[0])
                    .setPositives(byLabel[1])));
    return quality.build();
  }
}
