package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.event.Category;
import dev.varve.layout.Layouts;
import dev.varve.layout.TableRule;
import dev.varve.learn.Optimizer;
import dev.varve.learn.RowSteps;
import dev.varve.learn.Rows;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.PopularityBins;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowKeys;
import dev.varve.table.RowReader;
import dev.varve.table.RowUpdates;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * All rows of the tables, in memory, as trainers read and step them without Kafka: what shards do
 * with update batches, without the messages.
 *
 * <p><b>Threads:</b> any read, as beside the writer of a shard. A shard is stepped by one thread at
 * a time: who comes while another steps it waits.
 */
final class TrainedRows implements Rows, RowSteps, AutoCloseable {
  private static final int WIDTH = Settings.DIMENSION;

  /** One shard. */
  private static final class Shard implements RowUpdates.Table {
    final ResidentRows rows;
    final RowUpdates updates;
    final PopularityBins bins = new PopularityBins();
    final TableRule rule = TableRule.of(Layouts.first(WIDTH), "");
    final int[] slots = new int[ResidentRows.CHUNK];
    long[] units = {};

    Shard(Optimizer optimizer, long bytes) {
      rows = new ResidentRows(optimizer.encoding(), WIDTH, bytes);
      updates = new RowUpdates(rows, new Popularity(Duration.ofDays(1).toMillis()), optimizer);
    }

    @Override
    public PopularityBins bins(int dimension) {
      return bins;
    }

    @Override
    public boolean stays(int dimension, double popularity) {
      return rule.stays(dimension, popularity);
    }

    synchronized void step(int table, Columns columns) {
      if (units.length < columns.size()) {
        units = new long[2 * columns.size()];
      }
      for (int i = 0; i < columns.size(); i++) {
        units[i] = PackedPopularity.packTime(columns.timesMs()[i]);
      }
      var batch =
          new RowUpdates.Batch(columns.occurrences(), units, columns.gradients(), columns.at());
      for (int from = 0; from < columns.size(); from += ResidentRows.CHUNK) {
        int n = Math.min(ResidentRows.CHUNK, columns.size() - from);
        rows.find(table, columns.categories(), from, n, slots);
        updates.update(slots, n, batch, from, this, 0);
      }
    }

    synchronized void writeBack() {
      rows.writeBack(slot -> bins.enter(updates.bin(slot)));
      bins.clear();
    }

    void insert(int table, long category, float[] state) {
      rows.reserve(WIDTH, 1, () -> {});
      rows.insert(
          table,
          category,
          WIDTH,
          PackedPopularity.packPopularity(1),
          PackedPopularity.packTime(Population.BEGIN_MS),
          state,
          0,
          false);
    }
  }

  /** What a thread reads with. */
  private static final class Reads {
    final RowReader reader = new RowReader();
    int[] tables = {};
  }

  private static final ThreadLocal<Reads> READS = ThreadLocal.withInitial(Reads::new);

  private final List<Shard> shards;
  private final Map<String, Integer> tables = new HashMap<>();

  /**
   * Makes all rows of tables, as the optimizer begins them.
   *
   * @param names of the tables
   * @param categories of each
   */
  TrainedRows(int shards, Optimizer optimizer, List<String> names, List<long[]> categories) {
    long rows = categories.stream().mapToLong(of -> of.length).sum();
    long bytes = bytes(rows, optimizer) / shards;
    this.shards = IntStream.range(0, shards).mapToObj(_ -> new Shard(optimizer, bytes)).toList();
    for (int table = 0; table < names.size(); table++) {
      String name = names.get(table);
      tables.put(name, table);
      for (long category : categories.get(table)) {
        float[] state = optimizer.initial(name, category, WIDTH);
        this.shards.get(Category.shard(name, category, shards)).insert(table, category, state);
      }
    }
  }

  /** What so many rows take, with an index that grows, and shards of unlike size. */
  static long bytes(long rows, Optimizer optimizer) {
    long floats = optimizer.encoding().stateLength(WIDTH);
    return (48 + Float.BYTES * floats) * rows * 5 / 4 + (64 << 20);
  }

  @Override
  public long applied(int shard, int trainer) {
    return 0; // Nothing is ever underway.
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
      float[] popularities) {
    Reads reads = READS.get();
    int n = keys.size();
    if (reads.tables.length < n) {
      reads.tables = new int[2 * n];
    }
    for (int i = 0; i < n; i++) {
      boolean isSame = i > 0 && keys.table(i).equals(keys.table(i - 1));
      reads.tables[i] = isSame ? reads.tables[i - 1] : table(keys.table(i));
    }
    reads.reader.states(
        shards.get(shard).rows, reads.tables, keys.categories(), 0, n, states, width, dimensions);
    for (int i = 0; i < n; i++) {
      Check.that(dimensions[i] == WIDTH, "row", keys.category(i), "in memory");
      found[i] = WIDTH;
      // Nobody asks for quality by popularity here.
      popularities[i] = Float.NEGATIVE_INFINITY;
    }
  }

  private int table(String name) {
    Integer table = tables.get(name);
    return table == null ? ResidentRows.ABSENT : table;
  }

  @Override
  public void step(int shard, String table, Columns columns) {
    shards.get(shard).step(table(table), columns);
  }

  /** Makes all rows clean, as a commit does, but stores them nowhere. */
  void writeBack() {
    shards.forEach(Shard::writeBack);
  }

  @Override
  public void close() {
    shards.forEach(shard -> shard.rows.close());
  }
}
