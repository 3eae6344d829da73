package dev.varve.serve;

import dev.varve.store.TableSummary;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /api/status} answers.
 *
 * @param version of Varve
 * @param state what the process is doing, in a word or two
 * @param layoutVersion the layout that the rows follow; 0 before the first
 * @param examples learned, each exactly once
 * @param rejected events that were sent to the dead letters
 * @param watermarkMs largest event time learned, milliseconds since 1970-01-01 UTC
 * @param uptimeSeconds since the process started
 * @param tables sizes by name
 * @param quality progressive validation; null before the first example
 * @param kafka where the events come from
 */
public record ServerStatus(
    String version,
    String state,
    long layoutVersion,
    long examples,
    long rejected,
    long watermarkMs,
    long uptimeSeconds,
    SortedMap<String, TableSummary> tables,
    @Nullable Quality quality,
    Kafka kafka) {

  /**
   * How well the examples of a sliding window were predicted, each before it was learned from. A
   * measure that the window does not define (AUC without a click) is null: JSON knows no NaN.
   *
   * @param examples in the window
   * @param logLoss mean, in nats
   * @param auc area under the ROC curve
   * @param calibration mean prediction over mean label
   */
  public record Quality(
      long examples, @Nullable Double logLoss, @Nullable Double auc, @Nullable Double calibration) {
    public Quality {
      logLoss = defined(logLoss);
      auc = defined(auc);
      calibration = defined(calibration);
    }

    private static @Nullable Double defined(@Nullable Double measure) {
      return measure == null || !Double.isFinite(measure) ? null : measure;
    }
  }

  /**
   * The Kafka cluster and what is ours there.
   *
   * @param bootstrap its servers
   * @param prefix of our topics
   * @param learnGroup consumer group of the trainers
   * @param storeGroup consumer group of the stores
   */
  public record Kafka(String bootstrap, String prefix, String learnGroup, String storeGroup) {}
}
