package dev.varve.store;

import dev.varve.learn.Optimizer;
import dev.varve.schema.Census;
import dev.varve.schema.PopularityBin;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a shard is: the fold of its update batches. Told once more, as plainly as possible: nothing
 * is kept but the rows and the sums, all else is counted from them when it is asked for.
 */
final class ShardModel {
  private static final long UNIT_MS = 256;
  private static final long LAST_MS = (1L << 48) - 1;
  private static final double LARGEST = Math.scalb(2 - 0x1p-32, 128);
  private static final double SMALLEST = 0x1p-126;

  /** A row, with its popularity at its latest time, both as they are kept. */
  static final class ModelRow {
    double popularity;
    long timeMs;
    float[] state;

    ModelRow(double popularity, long timeMs, float[] state) {
      this.popularity = popularity;
      this.timeMs = timeMs;
      this.state = state;
    }
  }

  final Map<String, Map<Long, ModelRow>> rows = new TreeMap<>();
  final Map<String, Long> occurrences = new HashMap<>();
  final Map<Integer, Long> applied = new HashMap<>();
  long examples;
  long watermarkMs;
  long layoutVersion;
  long refusedGradients;

  private final int dimension;
  private final Optimizer optimizer;

  ShardModel(int dimension, Optimizer optimizer) {
    this.dimension = dimension;
    this.optimizer = optimizer;
  }

  ShardModel copy() {
    var copy = new ShardModel(dimension, optimizer);
    rows.forEach(
        (table, byKey) -> {
          Map<Long, ModelRow> copied = new HashMap<>();
          byKey.forEach(
              (key, row) ->
                  copied.put(key, new ModelRow(row.popularity, row.timeMs, row.state.clone())));
          copy.rows.put(table, copied);
        });
    copy.occurrences.putAll(occurrences);
    copy.applied.putAll(applied);
    copy.examples = examples;
    copy.watermarkMs = watermarkMs;
    copy.layoutVersion = layoutVersion;
    return copy;
  }

  long rowCount() {
    return rows.values().stream().mapToLong(Map::size).sum();
  }

  void apply(UpdateBatch batch, long halfLifeMs) {
    for (TableUpdate update : batch.getTablesList()) {
      var gradients =
          update
              .getGradients()
              .asReadOnlyByteBuffer()
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer();
      for (int i = 0; i < update.getKeysCount(); i++) {
        float[] gradient = new float[3 + dimension];
        gradients.get(gradient);
        long timeMs = keptMs(batch.getEventTimeMs() + update.getEventTimeOffsetsMs(i));
        ModelRow row = row(update.getTable(), update.getKeys(i), timeMs);
        count(row, update.getOccurrences(i), timeMs, halfLifeMs);
        if (!optimizer.step(row.state, 0, dimension, gradient, 0)) {
          refusedGradients++;
        }
        occurrences.merge(update.getTable(), (long) update.getOccurrences(i), Long::sum);
      }
      rows.computeIfAbsent(update.getTable(), _ -> new HashMap<>());
      occurrences.putIfAbsent(update.getTable(), 0L);
    }
    examples += batch.getExamples();
    watermarkMs = Math.max(watermarkMs, batch.getEventTimeMs());
    layoutVersion = Math.max(layoutVersion, batch.getLayoutVersion());
    applied.merge(batch.getTrainer(), batch.getEndOffset(), Math::max);
  }

  private ModelRow row(String table, long key, long timeMs) {
    return rows.computeIfAbsent(table, _ -> new HashMap<>())
        .computeIfAbsent(
            key, _ -> new ModelRow(0, timeMs, optimizer.initial(table, key, dimension)));
  }

  private static void count(ModelRow row, int occurrences, long atMs, long halfLifeMs) {
    double left = new Popularity(halfLifeMs).decay(Math.abs(atMs - row.timeMs));
    if (atMs < row.timeMs) {
      row.popularity = kept(row.popularity + occurrences * left);
    } else {
      row.popularity = kept(row.popularity * left + occurrences);
      row.timeMs = atMs;
    }
  }

  /**
   * The nearest popularity that 32 bits behind the point of its binary logarithm's floor can be.
   */
  private static double kept(double popularity) {
    if (popularity < SMALLEST) {
      return 0;
    }
    int exponent = Math.getExponent(popularity);
    double fraction = Math.scalb(popularity, -exponent) - 1;
    double rounded = 1 + Math.rint(fraction * 0x1p32) / 0x1p32;
    return Math.min(Math.scalb(rounded, exponent), LARGEST);
  }

  /** Event time is kept to a quarter of a second, rounded down. */
  private static long keptMs(long timeMs) {
    return Math.clamp(timeMs, 0, LAST_MS) / UNIT_MS * UNIT_MS;
  }

  /**
   * The census.
   *
   * @param writtenBack the model as of the last write-back, whose rows the bins are of
   */
  Census census(int shard, long halfLifeMs, ShardModel writtenBack) {
    var census =
        Census.newBuilder()
            .setShard(shard)
            .setWatermarkMs(watermarkMs)
            .setLayoutVersion(layoutVersion)
            .setExamples(examples);
    rows.forEach(
        (table, byKey) ->
            census.addTables(
                TableCensus.newBuilder()
                    .setTable(table)
                    .setRows(byKey.size())
                    .setOccurrences(occurrences.getOrDefault(table, 0L))
                    .addAllBins(bins(writtenBack.rows.getOrDefault(table, Map.of()), halfLifeMs))));
    return census.build();
  }

  private static Iterable<PopularityBin> bins(Map<Long, ModelRow> byKey, long halfLifeMs) {
    var decay = new Popularity(halfLifeMs);
    var counts = new TreeMap<Long, Long>();
    for (ModelRow row : byKey.values()) {
      counts.merge(decay.bin(row.popularity, row.timeMs), 1L, Long::sum);
    }
    return counts.entrySet().stream()
        .map(bin -> PopularityBin.newBuilder().setBin(bin.getKey()).setRows(bin.getValue()).build())
        .toList();
  }
}
