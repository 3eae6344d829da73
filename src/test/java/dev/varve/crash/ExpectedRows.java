package dev.varve.crash;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.layout.Layouts;
import dev.varve.schema.Block;
import dev.varve.schema.Decision;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a shard must have stored: the fold of its log, told once more and as plainly as possible. Of
 * the code it checks it uses the messages, the configuration and pure functions: the first layout,
 * the seeds of new rows, how a popularity decays, and where its bins are.
 *
 * <p>It follows layouts at once where a shard sweeps, so it is right where each was swept before
 * the next came, as the shard's decisions must say. It knows of no thresholds that change before
 * the next layout, and of no category that waits for its row.
 */
final class ExpectedRows {
  private static final int D = Setup.DIMENSION;
  private static final long LAST_TIME_MS = 253_402_300_799_999L;
  private static final long UNIT_MS = 256;
  private static final Popularity DECAY =
      new Popularity(Setup.STORE.popularityHalfLife().toMillis());

  private static final class Table {
    final int number;
    final Map<Long, ExpectedRow> rows = new HashMap<>();
    long occurrences;
    long admitted;
    long expired;

    Table(int number) {
      this.number = number;
    }
  }

  /** In the order in which the log first names them: that gives them their numbers. */
  private final Map<String, Table> tables = new LinkedHashMap<>();

  private final Map<Integer, Long> applied = new TreeMap<>();
  private final Map<Long, Long> layoutTimes = new TreeMap<>();
  private final int shard;
  private Layout layout = Layouts.first(D);

  /** What the shard multiplies thresholds with, so that its rows take what they may. */
  private double factor = 1;

  /** Batches and layouts so far. */
  private long batches;

  /** Behind how many of them the shard says that all rows followed which layout. */
  private final Map<Long, Long> sweptBehind = new HashMap<>();

  /** What the shard says that it decided, and what it should have. */
  private final List<Decision> logged = new ArrayList<>();

  private final List<Decision> decided = new ArrayList<>();

  /** When the layout came; what is not newer was not touched since. */
  private long cameMs = -UNIT_MS;

  /** What rows may take, 0 for no bound; and of that, since the layout came, those touched. */
  private long quota;

  private long room;
  private long grown;

  /**
   * What touched rows asked for since then, their share of the room, and how often they got none.
   */
  private long asked;

  private double share = 0.5;
  private long held;
  private long examples;
  private long watermarkMs;
  private long layoutVersion;

  ExpectedRows(int shard) {
    this.shard = shard;
  }

  /** Takes note of a decision, before the records are folded that it is about. */
  void note(Decision decision) {
    logged.add(decision);
    if (decision.getSwept()) {
      sweptBehind.put(decision.getBehind(), decision.getLayoutVersion());
    }
  }

  /** Folds in one record; returns whether it is an update batch that can be applied. */
  boolean fold(byte[] record) {
    UpdateBatch batch;
    try {
      batch = UpdateBatch.parseFrom(record);
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
    if (batch.hasDecision()) {
      return true;
    }
    giveOutRoom();
    if (batch.hasLayout()) {
      batches++;
      follow(batch.getLayout());
      return true;
    }
    long timeMs = batch.getEventTimeMs();
    if (!isTime(timeMs)
        || !batch.getTablesList().stream().allMatch(update -> isWhole(update, timeMs))) {
      return false;
    }
    batches++;
    for (TableUpdate update : batch.getTablesList()) {
      fold(update, timeMs);
    }
    examples += batch.getExamples();
    watermarkMs = Math.max(watermarkMs, batch.getEventTimeMs());
    layoutVersion = layout.getVersion();
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
        && (update.getDimensionsCount() == 0 || update.getDimensionsCount() == n)
        && update.getGradients().size() == floats(update) * Float.BYTES;
  }

  private static int floats(TableUpdate update) {
    int floats = 0;
    for (int i = 0; i < update.getKeysCount(); i++) {
      floats += length(read(update, i));
    }
    return floats;
  }

  /** The dimension of a row as the trainer read it. */
  private static int read(TableUpdate update, int i) {
    return update.getDimensionsCount() == 0 ? D : update.getDimensions(i);
  }

  private static int length(int dimension) {
    return dimension == 0 ? 0 : 3 + dimension;
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
      long timeMs = unitOf(batchMs + update.getEventTimeOffsetsMs(i));
      int occurrences = update.getOccurrences(i);
      ExpectedRow row = table.rows.get(category);
      if (row == null) {
        row = newRow(name, table, category, occurrences, timeMs);
      }
      count(row, occurrences, timeMs);
      table.occurrences += occurrences;
      float[] gradient = new float[length(read(update, i))];
      gradients.get(gradient);
      row.step(gradient);
      moveIfThereIsRoom(name, table, category, row);
    }
  }

  // -- what a row is

  private ExpectedRow newRow(
      String name, Table table, long category, int occurrences, long timeMs) {
    int dimension = dimension(name, category, 0, occurrences);
    if (dimension == 0 || cameMs >= 0) {
      throw new IllegalArgumentException("a category that comes behind a layout is not told here");
    }
    var row = new ExpectedRow(name, category, dimension);
    row.timeMs = timeMs;
    table.rows.put(category, row);
    table.admitted++;
    return row;
  }

  /** Decay to the later of both times; what is older counts for what is left of it. */
  private void count(ExpectedRow row, int occurrences, long atMs) {
    double left = DECAY.decay(Math.abs(atMs - row.timeMs));
    row.popularity =
        rounded(
            atMs >= row.timeMs
                ? row.popularity * left + occurrences
                : row.popularity + occurrences * left);
    row.timeMs = Math.max(row.timeMs, atMs);
    if (row.timeMs <= cameMs) {
      // It has been touched since the layout came, and its time has to say so.
      long afterMs = cameMs + UNIT_MS;
      row.popularity = rounded(row.popularity * DECAY.decay(afterMs - row.timeMs));
      row.timeMs = afterMs;
    }
  }

  /** Times are kept in units of 256 ms. */
  private static long unitOf(long ms) {
    return Math.floorDiv(ms, UNIT_MS) * UNIT_MS;
  }

  /** Popularities are kept with 32 bits behind the first. */
  private static double rounded(double popularity) {
    double unit = Math.scalb(1.0, Math.getExponent(popularity) - 32);
    return Math.rint(popularity / unit) * unit;
  }

  // -- layouts

  /** What was not touched since has the dimension that its popularity gave as the layout came. */
  private void follow(Layout next) {
    if (next.getVersion() <= layout.getVersion()) {
      return;
    }
    layout = next;
    layoutVersion = next.getVersion();
    cameMs = Math.max(unitOf(watermarkMs), cameMs + UNIT_MS);
    layoutTimes.put(next.getVersion(), cameMs);
    long asOfMs = layoutTimes.getOrDefault(next.getRestores(), cameMs);
    // New categories, which have the rest of it, ask for nothing here.
    share = asked > 0 ? 1 - 1 / (asked + 2.0) : share;
    asked = 0;
    grown = 0;
    held = 0;
    quota = 0;
    room = next.getGrowth();
    factor = 1;
    int price = 0;
    if (next.getRestores() == 0 && next.containsQuotas(shard)) {
      long most = next.getQuotasOrThrow(shard) - next.getSlack();
      int step = -1024;
      // By whole doublings first: to count takes a while.
      while (!fits(step + 63, most)) {
        step += 64;
      }
      while (!fits(step, most)) {
        step++;
      }
      price = step;
      quota = next.getQuotasOrThrow(shard);
      room = Math.max(1, quota - Math.max(used(), parameters()));
    }
    decided.add(
        Decision.newBuilder()
            .setBehind(batches)
            .setLayoutVersion(next.getVersion())
            .setPrice(price)
            .setRoom(room)
            .build());
    tables.forEach(
        (name, table) ->
            table.rows.forEach(
                (category, row) -> {
                  long sinceMs = Math.max(0, asOfMs - row.timeMs);
                  move(name, table, category, row, row.popularity * DECAY.decay(sinceMs));
                }));
  }

  /** What is free may be taken when all rows follow, which the shard says when it was. */
  private void giveOutRoom() {
    Long version = sweptBehind.remove(batches);
    if (version != null && version == layout.getVersion()) {
      room = Math.max(1, quota - used() + grown);
      decided.add(
          decided.getLast().toBuilder().setBehind(batches).setRoom(room).setSwept(true).build());
    }
  }

  /** What rows take. */
  private long used() {
    long used = 0;
    for (Table table : tables.values()) {
      for (ExpectedRow row : table.rows.values()) {
        used += cost(row.dimension());
      }
    }
    return used;
  }

  private static long cost(int dimension) {
    return dimension == 0 ? 0 : 1 + dimension;
  }

  /** Tries a price: whether rows take no more than they may. */
  private boolean fits(int step, long most) {
    factor = Popularity.factor(step / 64.0);
    return parameters() <= most;
  }

  /** What rows would take if a quarter of them lay in each quarter of their bin. */
  private long parameters() {
    long quarters = 0;
    for (Map.Entry<String, Table> table : tables.entrySet()) {
      for (ExpectedRow row : table.getValue().rows.values()) {
        long bin = DECAY.bin(row.popularity, row.timeMs);
        for (int eighth = 1; eighth < 8; eighth += 2) {
          double popularity = DECAY.inBin(bin, eighth / 8.0, cameMs);
          int d = unpinned(table.getKey(), row.dimension(), popularity);
          quarters += cost(d);
        }
      }
    }
    return Math.ceilDiv(quarters, 4);
  }

  /** A row that was touched: it may always take less, but more only while there is room. */
  private void moveIfThereIsRoom(String name, Table table, long category, ExpectedRow row) {
    int from = row.dimension();
    long more = cost(dimension(name, category, from, row.popularity)) - cost(from);
    asked += Math.max(0, more);
    if (room > 0 && more > 0 && grown + more > room * share) {
      held++;
    } else {
      grown += more;
      move(name, table, category, row, row.popularity);
    }
  }

  private void move(String name, Table table, long category, ExpectedRow row, double popularity) {
    int from = row.dimension();
    int to = dimension(name, category, from, popularity);
    row.move(to, layout.getVersion(), layout.getRestores());
    table.admitted += from == 0 && to > 0 ? 1 : 0;
    table.expired += from > 0 && to == 0 ? 1 : 0;
  }

  /** The rule of a layout. */
  private int dimension(String table, long category, int current, double popularity) {
    for (Pin pin : layout.getPinsList()) {
      if (pin.getTable().equals(table) && pin.getKey() == category) {
        return pin.getDimension();
      }
    }
    return unpinned(table, current, popularity);
  }

  private int unpinned(String table, int current, double popularity) {
    List<Block> blocks =
        layout.containsTables(table)
            ? layout.getTablesOrThrow(table).getBlocksList()
            : layout.getDefaultBlocksList();
    int earned = 0;
    for (Block block : blocks) {
      boolean isHad = block.getDimension() <= current;
      double least = isHad ? factor : Math.max(factor, Math.sqrt(0.5));
      if (popularity >= least * block.getThreshold()) {
        earned = block.getDimension();
      }
    }
    for (Block block : blocks) {
      if (block.getDimension() == current
          && current > earned
          && popularity >= factor * block.getThreshold() * (1 - layout.getHysteresis())) {
        return current;
      }
    }
    return earned;
  }

  // -- the whole

  /** What the shard says that it decided. */
  List<Decision> logged() {
    return logged;
  }

  /** What it should have. */
  List<Decision> decided() {
    return decided;
  }

  /** Everything that must be stored, and nothing else may be. */
  Map<String, String> stored() {
    giveOutRoom();
    Map<String, String> stored = new TreeMap<>();
    tables.forEach(
        (name, table) -> {
          stored.put(
              Stored.tableName(table.number),
              Stored.table(
                  name,
                  table.occurrences,
                  table.admitted,
                  table.expired,
                  rows(table),
                  bins(table)));
          table.rows.forEach(
              (category, row) -> {
                stored.put(
                    Stored.rowName(table.number, category),
                    Stored.row(row.popularity, row.timeMs, row.dimension(), row.state()));
                if (!row.kept().isEmpty()) {
                  stored.put(Stored.keptName(table.number, category), row.kept().toString());
                }
              });
        });
    if (!applied.isEmpty()) {
      long swept = layoutTimes.isEmpty() ? 0 : layout.getVersion();
      stored.put(
          Stored.SHARD,
          Stored.shard(examples, watermarkMs, layoutVersion, layoutTimes, swept, held, applied));
    }
    return stored;
  }

  private static Map<Integer, Long> rows(Table table) {
    Map<Integer, Long> rows = new TreeMap<>();
    table.rows.values().forEach(row -> rows.merge(row.dimension(), 1L, Long::sum));
    return rows;
  }

  /** Rows by dimension and sixteenths of a doubling of popularity. */
  private static Map<Integer, Map<Long, Long>> bins(Table table) {
    Map<Integer, Map<Long, Long>> bins = new TreeMap<>();
    for (ExpectedRow row : table.rows.values()) {
      bins.computeIfAbsent(row.dimension(), _ -> new TreeMap<>())
          .merge(DECAY.bin(row.popularity, row.timeMs), 1L, Long::sum);
    }
    return bins;
  }
}
