package dev.varve.serve;

import dev.varve.join.JoinWindow;
import dev.varve.learn.Alarms;
import dev.varve.learn.QualityWindow;
import dev.varve.schema.JoinReport;
import dev.varve.store.RocksDbUse;
import dev.varve.store.TableSummary;
import dev.varve.table.RowMemory;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /api/status} answers.
 *
 * @param version of Varve
 * @param state what the process is doing, in a word or two
 * @param layoutVersion the layout that the rows follow; 0 before the first
 * @param examples learned, each exactly once
 * @param rejected events that were sent to the dead letters
 * @param refusedGradients out of bounds and not learned from, since the shards were opened
 * @param watermarkMs largest event time learned, milliseconds since 1970-01-01 UTC
 * @param uptimeSeconds since the process started
 * @param dimension width D of every vector
 * @param tables sizes by name
 * @param memory where the rows are
 * @param quality progressive validation; null before the first example
 * @param qualityByTable the same of the examples that have a category of a table, some seconds
 *     behind
 * @param alarms what somebody should look at; empty when all is well
 * @param joinWindowMs how long an impression waits for its click, in event time
 * @param joins what became of impressions and clicks; null before the first
 * @param kafka where the events come from
 */
public record ServerStatus(
    String version,
    String state,
    long layoutVersion,
    long examples,
    long rejected,
    long refusedGradients,
    long watermarkMs,
    long uptimeSeconds,
    int dimension,
    SortedMap<String, TableSummary> tables,
    Memory memory,
    @Nullable Quality quality,
    SortedMap<String, TableQuality> qualityByTable,
    List<Alarms.Alarm> alarms,
    long joinWindowMs,
    @Nullable Joins joins,
    Kafka kafka) {

  /**
   * Where the rows are, in bytes.
   *
   * @param capacity for rows in memory and their index
   * @param used by them
   * @param index of that, the index
   * @param blocks rows in memory by dimension
   * @param rocksDb what holds all rows
   */
  public record Memory(
      long capacity, long used, long index, List<Block> blocks, RocksDbUse rocksDb) {
    public Memory {
      blocks = List.copyOf(blocks);
    }

    /** What a store says of its rows. */
    public static Memory of(RowMemory rows, RocksDbUse rocksDb) {
      return new Memory(
          rows.capacityBytes(),
          rows.bytes(),
          rows.indexBytes(),
          rows.blocks().stream()
              .map(
                  block ->
                      new Block(block.dimension(), block.rows(), block.bytes(), block.rowBytes()))
              .toList(),
          rocksDb);
    }
  }

  /**
   * The rows of one dimension that are in memory.
   *
   * @param bytes memory in use, whole pages
   * @param rowBytes bytes of one row, without its place in the index
   */
  public record Block(int dimension, long rows, long bytes, int rowBytes) {}

  /**
   * How well the examples of a sliding window were predicted, each before it was learned from. A
   * measure that the window does not define (AUC without a click) is null: JSON knows no NaN.
   *
   * @param examples in the window
   * @param logLoss mean, in nats
   * @param normalizedEntropy log-loss over that of the mean label: below 1 is better than knowing
   *     nothing of an example
   * @param auc area under the ROC curve
   * @param calibration mean prediction over mean label
   */
  public record Quality(
      long examples,
      @Nullable Double logLoss,
      @Nullable Double normalizedEntropy,
      @Nullable Double auc,
      @Nullable Double calibration) {
    public Quality {
      logLoss = defined(logLoss);
      normalizedEntropy = defined(normalizedEntropy);
      auc = defined(auc);
      calibration = defined(calibration);
    }

    /** What a window shows. */
    public static Quality of(QualityWindow.Snapshot seen) {
      return new Quality(
          seen.examples(),
          seen.logLoss(),
          seen.normalizedEntropy(),
          seen.auc(),
          seen.calibration());
    }

    private static @Nullable Double defined(@Nullable Double measure) {
      return measure == null || !Double.isFinite(measure) ? null : measure;
    }
  }

  /**
   * How well the examples were predicted that have a category of a table.
   *
   * @param blocks by the dimension of its row, 0 for none
   * @param deciles by its popularity, a tenth of the examples each as far as that can be: 1 has the
   *     least popular categories, 10 the most popular
   */
  public record TableQuality(
      SortedMap<Integer, Quality> blocks, SortedMap<Integer, Quality> deciles) {
    /** What a window shows. */
    public static SortedMap<String, TableQuality> of(
        SortedMap<String, QualityWindow.Slices> tables) {
      SortedMap<String, TableQuality> all = new TreeMap<>();
      tables.forEach(
          (table, of) -> all.put(table, new TableQuality(each(of.blocks()), each(of.deciles()))));
      return all;
    }

    private static SortedMap<Integer, Quality> each(
        SortedMap<Integer, QualityWindow.Snapshot> slices) {
      SortedMap<Integer, Quality> each = new TreeMap<>();
      slices.forEach((of, seen) -> each.put(of, Quality.of(seen)));
      return each;
    }
  }

  /**
   * What the joiners of this process have counted since it started.
   *
   * @param positives clicked within the window
   * @param negatives not clicked, and learned
   * @param lateClicks clicked after the window, and corrected
   * @param leftOut not clicked, and left out by {@code join.negatives}
   * @param repeated impressions and clicks that came again
   * @param orphans clicks without an impression
   * @param lateImpressions that came after their window
   * @param closedEarly windows that were cut short because {@code join.waiting} was full
   * @param refused sent to the dead letters
   * @param waitingBytes of what is kept for clicks to come
   * @param delayP50Seconds time from impression to click, and likewise
   * @param hint what to do about it; null when there is nothing to do
   */
  public record Joins(
      long impressions,
      long clicks,
      long positives,
      long negatives,
      long lateClicks,
      long leftOut,
      long repeated,
      long orphans,
      long lateImpressions,
      long closedEarly,
      long refused,
      long waitingBytes,
      double delayP50Seconds,
      double delayP90Seconds,
      double delayP99Seconds,
      @Nullable String hint) {
    /** What a window shows; null when nothing was counted. */
    public static @Nullable Joins of(JoinWindow.Snapshot seen) {
      JoinReport counts = seen.counts();
      if (counts.getNewestMs() == 0) {
        return null;
      }
      return new Joins(
          counts.getImpressions(),
          counts.getClicks(),
          counts.getPositives(),
          counts.getNegatives(),
          counts.getLateClicks(),
          counts.getLeftOut(),
          counts.getRepeatedImpressions() + counts.getRepeatedClicks(),
          counts.getOrphans(),
          counts.getLateImpressions(),
          counts.getClosedEarly(),
          counts.getRefused(),
          counts.getWaitingBytes(),
          seen.delays().p50().toMillis() / 1e3,
          seen.delays().p90().toMillis() / 1e3,
          seen.delays().p99().toMillis() / 1e3,
          seen.hint().orElse(null));
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
