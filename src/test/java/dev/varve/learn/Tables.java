package dev.varve.learn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.event.Category;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowKeys;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Tables in memory. They apply update batches in the order of sending, as a shard does, and as late
 * as the test wants.
 */
final class Tables implements Rows {
  private record Key(int shard, String table, long category) {}

  private record Lane(int shard, int trainer) {}

  private record Waiting(UpdateBatch batch, int shard) {}

  private static final float[] NO_ROW = {};

  private final int shards;
  private final int dimension;
  private final Adagrad optimizer;
  private final Queue<Queue<Waiting>> waiting = new ArrayDeque<>();
  private Queue<Waiting> open = new ArrayDeque<>();
  private final Map<Key, float[]> rows = new HashMap<>();
  private final Map<Lane, Long> applied = new HashMap<>();
  private final Map<Key, Integer> popularities = new HashMap<>();
  private final Map<String, Long> occurrences = new HashMap<>();
  private long examples;

  /** So many occurrences give a category a row. */
  private int admission = 1;

  private String poisoned = "";

  /** Of tables whose rows are not as wide as vectors. */
  private final Map<String, Integer> narrow = new HashMap<>();

  Tables(int shards, int dimension, Adagrad optimizer) {
    this.shards = shards;
    this.dimension = dimension;
    this.optimizer = optimizer;
  }

  /** Takes an update batch, which waits until it is applied. */
  void send(UpdateBatch batch, int shard) {
    open.add(new Waiting(batch, shard));
  }

  /** Ends a micro-batch, and applies all but the newest {@code delay}. */
  void applyAllBut(int delay) {
    waiting.add(open);
    open = new ArrayDeque<>();
    while (waiting.size() > delay) {
      waiting.remove().forEach(this::apply);
    }
  }

  /** Loses what waits, as an aborted transaction does. */
  void loseWaiting() {
    waiting.clear();
    open.clear();
  }

  private void apply(Waiting update) {
    UpdateBatch batch = update.batch;
    for (TableUpdate table : batch.getTablesList()) {
      apply(table, update.shard, batch.getEventTimeMs(), batch.hasRate() ? batch.getRate() : 1);
    }
    examples += batch.getExamples();
    applied.merge(new Lane(update.shard, batch.getTrainer()), batch.getEndOffset(), Math::max);
  }

  private void apply(TableUpdate update, int shard, long batchMs, float rate) {
    int n = update.getKeysCount();
    int d = dimension(update.getTable());
    assertThat(update.getDimensionsList()).isEqualTo(Collections.nCopies(n, d));
    float[] gradients = new float[n * Gradient.length(d)];
    var bytes = update.getGradients().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.remaining()).isEqualTo(gradients.length * Float.BYTES);
    bytes.asFloatBuffer().get(gradients);
    for (int i = 0; i < n; i++) {
      long category = update.getKeys(i);
      assertThat(Category.shard(update.getTable(), category, shards)).isEqualTo(shard);
      assertThat(update.getEventTimeOffsetsMs(i)).isBetween(-batchMs, 0L);
      occurrences.merge(update.getTable(), (long) update.getOccurrences(i), Long::sum);
      Key key = new Key(shard, update.getTable(), category);
      popularities.merge(key, update.getOccurrences(i), Integer::sum);
      float[] next =
          rows.getOrDefault(key, optimizer.initial(update.getTable(), category, d)).clone();
      optimizer.times(rate).step(next, 0, d, gradients, i * Gradient.length(d));
      rows.put(key, next);
    }
  }

  /** From now on categories have a row only from so many occurrences on. */
  void admitFrom(int newAdmission) {
    admission = newAdmission;
  }

  /** From the start the rows of this table have so many coordinates. */
  void narrow(int ofTable, int coordinates) {
    narrow.put("c" + ofTable, coordinates);
  }

  private int dimension(String table) {
    return narrow.getOrDefault(table, dimension);
  }

  /** From now on the rows of this table are no numbers. */
  void poison(int ofTable) {
    poisoned = "c" + ofTable;
  }

  long examples() {
    return examples;
  }

  Map<String, Long> occurrences() {
    return occurrences;
  }

  @Override
  public long applied(int shard, int trainer) {
    return applied.getOrDefault(new Lane(shard, trainer), 0L);
  }

  @Override
  public void read(
      int shard,
      RowKeys keys,
      long atMs,
      float[] states,
      int width,
      int[] dimensions,
      int[] found,
      float[] popularity) {
    for (int i = 0; i < keys.size(); i++) {
      long category = keys.category(i);
      Key key = new Key(shard, keys.table(i), category);
      int d = dimension(keys.table(i));
      float[] row = rows.get(key);
      popularity[i] = (float) (Math.log(popularities.getOrDefault(key, 0)) / Math.log(2));
      found[i] = row == null ? ResidentRows.ABSENT : d;
      if (row == null && keys.underway(i) + keys.occurrences(i) >= admission) {
        row = optimizer.initial(keys.table(i), category, d);
      }
      dimensions[i] = row == null ? ResidentRows.ABSENT : d;
      if (keys.table(i).equals(poisoned)) {
        dimensions[i] = dimension;
        Arrays.fill(states, i * width, (i + 1) * width, Float.POSITIVE_INFINITY);
      } else {
        // What stands where no row is is nobody's: a trainer that learns from it shows.
        Arrays.fill(states, i * width, (i + 1) * width, Float.NaN);
        float[] floats = row == null ? NO_ROW : row;
        System.arraycopy(floats, 0, states, i * width, floats.length);
      }
    }
  }
}
