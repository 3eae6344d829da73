package dev.varve.store;

import dev.varve.base.Check;
import dev.varve.learn.Adagrad;
import dev.varve.learn.Gradient;
import dev.varve.schema.Census;
import dev.varve.schema.ShardState;
import dev.varve.schema.TableState;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import dev.varve.table.Row;
import dev.varve.table.RowCache;
import dev.varve.table.RowFormat;
import dev.varve.table.RowKey;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one shard and their counters, over a key-value store: applies update batches, writes
 * back what changed.
 *
 * <p><b>Threads:</b> one writer applies and writes back; {@link #read} and {@link #summary} from
 * any thread. Readers see a row's state whole, as it was before or after a batch, and never a row
 * of another key; a read may see some rows before and some behind a batch that is being applied.
 *
 * <p><b>Determinism:</b> rows and counters are a function of the sequence of update batches alone.
 */
final class Shard {
  private static final int MOST_TABLES = 0xFFFE;
  private static final int PAIRS_PER_WRITE = 512;
  private static final byte[] STATE_KEY = {-1, -1, -1, -1};

  private final Below below;
  private final int shard;
  private final int dimension;
  private final Adagrad optimizer;
  private final Popularity decay;
  private final RowCache cache;
  private final Map<String, ShardTable> tables = new HashMap<>();

  /** Sorted: its bytes below must not depend on where the shard was opened anew. */
  private final Map<Integer, Long> applied = new TreeMap<>();

  private long examples;
  private long watermarkMs;
  private long layoutVersion;
  private long refusedGradients;
  private boolean dirty;
  private volatile Map<String, Integer> tableIds = Map.of();
  private volatile ShardSummary summary;

  Shard(int shard, Below below, int dimension, Adagrad optimizer, Popularity decay, long bytes) {
    this.shard = shard;
    this.below = below;
    this.dimension = dimension;
    this.optimizer = optimizer;
    this.decay = decay;
    this.cache = new RowCache(bytes, dimension);
    restore();
    this.summary = summarize();
  }

  // -- readers

  /** The learned state of a category; null without a row. Not to be changed. */
  float @Nullable [] read(String table, long category) {
    Integer id = tableIds.get(table);
    if (id == null) {
      return null;
    }
    Row row = cache.peek(new RowKey(id, category));
    if (row != null) {
      return row.state();
    }
    byte[] bytes = below.get(RowFormat.key(id, category));
    return bytes == null ? null : RowFormat.decodeState(bytes);
  }

  ShardSummary summary() {
    return summary;
  }

  // -- the writer

  /**
   * Applies an update batch.
   *
   * @throws RefusedBatchException when the batch is malformed; nothing is changed
   */
  void apply(UpdateBatch batch) {
    try {
      check(batch);
    } catch (IllegalArgumentException e) {
      throw new RefusedBatchException(e);
    }
    for (TableUpdate update : batch.getTablesList()) {
      apply(update, batch.getEventTimeMs());
    }
    examples += batch.getExamples();
    watermarkMs = Math.max(watermarkMs, batch.getEventTimeMs());
    layoutVersion = Math.max(layoutVersion, batch.getLayoutVersion());
    applied.merge(batch.getTrainer(), batch.getEndOffset(), Math::max);
    dirty = true;
    summary = summarize();
  }

  private void check(UpdateBatch batch) {
    int known = tables.size();
    for (TableUpdate update : batch.getTablesList()) {
      check(update);
      known += tables.containsKey(update.getTable()) ? 0 : 1;
    }
    Check.that(known <= MOST_TABLES, "tables", known, "at most " + MOST_TABLES);
  }

  private void check(TableUpdate update) {
    int n = update.getKeysCount();
    Check.that(!update.getTable().isEmpty(), "table", "(empty)", "a name");
    Check.that(
        update.getOccurrencesCount() == n && update.getEventTimeOffsetsMsCount() == n,
        "columns",
        "%d keys, %d occurrences, %d event times"
            .formatted(n, update.getOccurrencesCount(), update.getEventTimeOffsetsMsCount()),
        "equal lengths");
    for (int i = 0; i < n; i++) {
      Check.that(update.getOccurrences(i) > 0, "occurrences", update.getOccurrences(i), "above 0");
    }
    int bytes = n * Gradient.length(dimension) * Float.BYTES;
    Check.that(
        update.getGradients().size() == bytes,
        "gradients",
        update.getGradients().size() + " bytes",
        "%d for %d rows of dimension %d".formatted(bytes, n, dimension));
  }

  private void apply(TableUpdate update, long batchMs) {
    ShardTable table = table(update.getTable());
    float[] gradients = new float[update.getKeysCount() * Gradient.length(dimension)];
    floats(update).get(gradients);
    for (int i = 0; i < update.getKeysCount(); i++) {
      RowKey key = new RowKey(table.id(), update.getKeys(i));
      int occurrences = update.getOccurrences(i);
      long timeMs = batchMs + update.getEventTimeOffsetsMs(i);
      Row row = cache.get(key);
      if (row == null) {
        row = load(key);
      }
      boolean isNew = row == null;
      if (row == null) {
        float[] initial = optimizer.initial(table.name(), key.category(), dimension);
        row = new Row(key, 0, timeMs, initial);
        cache.add(row);
      } else {
        table.uncount(decay, row);
      }
      row.count(decay, occurrences, timeMs);
      table.counted(decay, row, occurrences, isNew);
      step(row, gradients, i * Gradient.length(dimension));
      cache.changed(row);
    }
  }

  private static FloatBuffer floats(TableUpdate update) {
    ByteBuffer bytes = update.getGradients().asReadOnlyByteBuffer();
    return bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  private @Nullable Row load(RowKey key) {
    byte[] bytes = below.get(RowFormat.key(key.table(), key.category()));
    if (bytes == null) {
      return null;
    }
    Row row = RowFormat.decode(key, bytes);
    cache.add(row);
    return row;
  }

  private void step(Row row, float[] gradients, int from) {
    float[] next = row.state().clone();
    if (optimizer.step(next, 0, dimension, gradients, from)) {
      row.publish(next);
    } else {
      refusedGradients++;
    }
  }

  private ShardTable table(String name) {
    ShardTable table = tables.get(name);
    if (table == null) {
      table = new ShardTable(tables.size(), name);
      tables.put(name, table);
      publishIds();
    }
    return table;
  }

  private void publishIds() {
    Map<String, Integer> ids = new HashMap<>();
    tables.values().forEach(table -> ids.put(table.name(), table.id()));
    tableIds = Map.copyOf(ids);
  }

  /** Whether so much has changed that a commit should come soon. */
  boolean wantsWriteBack() {
    return cache.wantsWriteBack();
  }

  /** Gradients that were not finite: counted as occurrences, not learned from. */
  long refusedGradients() {
    return refusedGradients;
  }

  /** Puts every changed row and counter below. */
  void writeBack() {
    if (!dirty) {
      return;
    }
    cache.writeBack(this::putRows);
    var pairs = new ArrayList<KeyValue<Bytes, byte[]>>();
    for (ShardTable table : tables.values()) {
      TableState changed = table.takeChanged();
      if (changed != null) {
        pairs.add(pair(tableKey(table.id()), changed.toByteArray()));
      }
    }
    pairs.add(pair(STATE_KEY, state().toByteArray()));
    below.putAll(pairs);
    dirty = false;
  }

  private void putRows(List<Row> rows) {
    var pairs = new ArrayList<KeyValue<Bytes, byte[]>>();
    for (Row row : rows) {
      RowKey key = row.key();
      pairs.add(pair(RowFormat.key(key.table(), key.category()), RowFormat.encode(row)));
      if (pairs.size() == PAIRS_PER_WRITE) {
        below.putAll(pairs);
        pairs.clear();
      }
    }
    below.putAll(pairs);
  }

  private static KeyValue<Bytes, byte[]> pair(byte[] key, byte[] value) {
    return KeyValue.pair(Bytes.wrap(key), value);
  }

  Census census() {
    var census =
        Census.newBuilder()
            .setShard(shard)
            .setWatermarkMs(watermarkMs)
            .setLayoutVersion(layoutVersion)
            .setExamples(examples);
    new TreeMap<>(tables).values().forEach(table -> census.addTables(table.census()));
    return census.build();
  }

  private ShardSummary summarize() {
    var sizes = new TreeMap<String, TableSummary>();
    tables.values().forEach(table -> sizes.put(table.name(), table.summary(dimension)));
    return new ShardSummary(examples, watermarkMs, layoutVersion, Map.copyOf(applied), sizes);
  }

  private ShardState state() {
    return ShardState.newBuilder()
        .setExamples(examples)
        .setWatermarkMs(watermarkMs)
        .setLayoutVersion(layoutVersion)
        .setHalfLifeMs(decay.halfLifeMs())
        .putAllApplied(applied)
        .setDimension(dimension)
        .build();
  }

  // -- start

  private void restore() {
    byte[] bytes = below.get(STATE_KEY);
    if (bytes == null) {
      return;
    }
    ShardState state = Messages.parse(ShardState.parser(), bytes, "shard state");
    Check.that(
        state.getDimension() == dimension,
        "model.dimension",
        dimension,
        "%d, the dimension of the rows that are stored".formatted(state.getDimension()));
    examples = state.getExamples();
    watermarkMs = state.getWatermarkMs();
    layoutVersion = state.getLayoutVersion();
    applied.putAll(state.getAppliedMap());
    below.scan(
        tableKey(0),
        tableKey(MOST_TABLES),
        (_, value) -> {
          var table = ShardTable.restore(Messages.parse(TableState.parser(), value, "table state"));
          tables.put(table.name(), table);
        });
    publishIds();
    if (state.getHalfLifeMs() != decay.halfLifeMs()) {
      recount();
    }
  }

  /** The half-life has changed, and with it every row's grade. */
  private void recount() {
    Map<Integer, ShardTable> byId = new HashMap<>();
    for (ShardTable table : tables.values()) {
      table.clearBins();
      byId.put(table.id(), table);
    }
    below.scan(
        RowFormat.key(0, 0),
        RowFormat.key(MOST_TABLES - 1, -1L),
        (key, value) -> {
          ByteBuffer parts = ByteBuffer.wrap(key);
          int id = Short.toUnsignedInt(parts.getShort());
          ShardTable table = byId.get(id);
          if (table != null) {
            table.recount(decay, RowFormat.decode(new RowKey(id, parts.getLong()), value));
          }
        });
    dirty = true;
  }

  private static byte[] tableKey(int id) {
    return ByteBuffer.allocate(4).putShort((short) -1).putShort((short) id).array();
  }
}
