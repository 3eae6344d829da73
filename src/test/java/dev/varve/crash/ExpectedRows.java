package dev.varve.crash;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.base.Seeds;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a shard must have stored: the fold of its log, told once more and as plainly as possible. Of
 * the code it checks it uses the messages, the configuration and two pure functions: the seeds of
 * new rows, and how a popularity decays.
 */
final class ExpectedRows {
  private static final int D = Setup.DIMENSION;
  private static final long LAST_TIME_MS = 253_402_300_799_999L;
  private static final Popularity DECAY =
      new Popularity(Setup.STORE.popularityHalfLife().toMillis());

  /** A row: its popularity at its latest time; weight, coordinates and their squares. */
  private static final class Row {
    double popularity;
    long timeMs;
    final float[] state = new float[2 * (1 + D)];
  }

  private static final class Table {
    final int number;
    final Map<Long, Row> rows = new HashMap<>();
    long occurrences;

    Table(int number) {
      this.number = number;
    }
  }

  /** In the order in which the log first names them: that gives them their numbers. */
  private final Map<String, Table> tables = new LinkedHashMap<>();

  private final Map<Integer, Long> applied = new TreeMap<>();
  private long examples;
  private long watermarkMs;
  private long layoutVersion;

  /** Folds in one record; returns whether it is an update batch that can be applied. */
  boolean fold(byte[] record) {
    UpdateBatch batch;
    try {
      batch = UpdateBatch.parseFrom(record);
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
    long timeMs = batch.getEventTimeMs();
    if (!isTime(timeMs)
        || !batch.getTablesList().stream().allMatch(update -> isWhole(update, timeMs))) {
      return false;
    }
    for (TableUpdate update : batch.getTablesList()) {
      fold(update, timeMs);
    }
    examples += batch.getExamples();
    watermarkMs = Math.max(watermarkMs, batch.getEventTimeMs());
    layoutVersion = Math.max(layoutVersion, batch.getLayoutVersion());
    applied.merge(batch.getTrainer(), batch.getEndOffset(), Math::max);
    return true;
  }

  private static boolean isWhole(TableUpdate update, long batchMs) {
    int n = update.getKeysCount();
    return !update.getTable().isEmpty()
        && update.getOccurrencesCount() == n
        && update.getOccurrencesList().stream().allMatch(occurrences -> occurrences > 0)
        && update.getEventTimeOffsetsMsCount() == n
        && update.getEventTimeOffsetsMsList().stream()
            .allMatch(offsetMs -> offsetMs <= 0 && isTime(batchMs + offsetMs))
        && update.getGradients().size() == n * (3 + D) * Float.BYTES;
  }

  private static boolean isTime(long ms) {
    return ms >= 1 && ms <= LAST_TIME_MS;
  }

  private void fold(TableUpdate update, long batchMs) {
    String name = update.getTable();
    Table table = tables.computeIfAbsent(name, _ -> new Table(tables.size()));
    FloatBuffer gradients =
        update.getGradients().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    for (int i = 0; i < update.getKeysCount(); i++) {
      long category = update.getKeys(i);
      long timeMs = batchMs + update.getEventTimeOffsetsMs(i);
      Row row = table.rows.computeIfAbsent(category, _ -> newRow(name, category, timeMs));
      count(row, update.getOccurrences(i), timeMs);
      table.occurrences += update.getOccurrences(i);
      float[] gradient = new float[3 + D];
      gradients.get(gradient);
      step(row.state, gradient);
    }
  }

  // -- what a row is

  private static Row newRow(String table, long category, long timeMs) {
    var row = new Row();
    row.timeMs = unitOf(timeMs);
    long seed = Seeds.mix(Seeds.mix(Setup.MODEL_SEED, table), category);
    Seeds.gaussian(seed, (float) Setup.OPTIMIZER.initialScale(), row.state, 1, 1 + D);
    return row;
  }

  /** Decay to the later of both times; what is older counts for what is left of it. */
  private static void count(Row row, int occurrences, long eventMs) {
    long atMs = unitOf(eventMs);
    double left = DECAY.decay(Math.abs(atMs - row.timeMs));
    row.popularity =
        rounded(
            atMs >= row.timeMs
                ? row.popularity * left + occurrences
                : row.popularity + occurrences * left);
    row.timeMs = Math.max(row.timeMs, atMs);
  }

  /** Times are kept in units of 256 ms. */
  private static long unitOf(long ms) {
    return Math.floorDiv(ms, 256) * 256;
  }

  /** Popularities are kept with 32 bits behind the first. */
  private static double rounded(double popularity) {
    double unit = Math.scalb(1.0, Math.getExponent(popularity) - 32);
    return Math.rint(popularity / unit) * unit;
  }

  /** Adagrad; a gradient of which anything is out of bounds teaches nothing. */
  private static void step(float[] state, float[] gradient) {
    float linearSquare = gradient[1 + D];
    float vectorSquare = gradient[2 + D];
    for (int i = 0; i < gradient.length; i++) {
      boolean isSquare = i > D;
      if (!(Math.abs(gradient[i]) <= (isSquare ? 1e36f : 1e18f)) || (isSquare && gradient[i] < 0)) {
        return;
      }
    }
    move(state, 0, gradient[0], linearSquare, (float) Setup.OPTIMIZER.linearRate());
    float length = (float) Math.sqrt(squareOfLength(gradient));
    for (int i = 1; i <= D; i++) {
      float share = length > 0 ? gradient[i] * (1 / length) : 0;
      move(state, i, gradient[i], share * share * vectorSquare, (float) Setup.OPTIMIZER.rate());
    }
  }

  /** Eight sums, each of every eighth coordinate's square; then theirs, two by two. */
  private static float squareOfLength(float[] gradient) {
    float[] sums = new float[8];
    for (int i = 0; i < D; i++) {
      sums[i % 8] += gradient[1 + i] * gradient[1 + i];
    }
    return ((sums[0] + sums[4]) + (sums[2] + sums[6]))
        + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  }

  private static void move(float[] state, int i, float gradient, float square, float rate) {
    state[1 + D + i] += square;
    float sum = state[1 + D + i] + (float) Setup.OPTIMIZER.initialAccumulator();
    float direction = gradient / (float) Math.sqrt(sum);
    state[i] -= rate * Math.max(-1, Math.min(direction, 1));
  }

  // -- the whole

  /** Everything that must be stored, and nothing else may be. */
  Map<String, String> stored() {
    Map<String, String> stored = new TreeMap<>();
    tables.forEach(
        (name, table) -> {
          stored.put(
              Stored.tableName(table.number),
              Stored.table(name, table.rows.size(), table.occurrences, bins(table)));
          table.rows.forEach(
              (category, row) ->
                  stored.put(
                      Stored.rowName(table.number, category),
                      Stored.row(row.popularity, row.timeMs, row.state)));
        });
    if (!applied.isEmpty()) {
      stored.put(
          Stored.SHARD,
          Stored.shard(examples, watermarkMs, layoutVersion, DECAY.halfLifeMs(), applied));
    }
    return stored;
  }

  /** Rows by quarter doublings of popularity. */
  private static Map<Long, Long> bins(Table table) {
    Map<Long, Long> bins = new TreeMap<>();
    for (Row row : table.rows.values()) {
      bins.merge(DECAY.bin(row.popularity, row.timeMs), 1L, Long::sum);
    }
    return bins;
  }
}
