package dev.varve.bench;

import dev.varve.bench.Categories.Category;
import dev.varve.layout.Layouts;
import dev.varve.layout.Oracle;
import dev.varve.layout.TableRule;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.Census;
import dev.varve.schema.Layout;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads the updates of all shards first, and then says which layout the popularity of every
 * category at each full hour would have earned within the budget of then.
 *
 * <p>An update that comes behind one of the next hour is counted in that one.
 *
 * <p><b>Units:</b> milliseconds of event time.
 *
 * <p><b>Threads:</b> one.
 */
final class HourlyOracle {
  static final long HOUR_MS = Duration.ofHours(1).toMillis();

  /** Categories less popular than this are on their way to be forgotten, and earn nothing. */
  private static final double LEAST = 1.0 / 64;

  private final Popularity decay;
  private final Oracle oracle;
  private final List<Shard> shards = new ArrayList<>();
  private final TreeMap<Long, Hour> hours = new TreeMap<>();

  HourlyOracle(int baseDimension, int shards, Popularity decay, Oracle oracle) {
    this.decay = decay;
    this.oracle = oracle;
    for (int i = 0; i < shards; i++) {
      this.shards.add(new Shard(Layouts.first(baseDimension)));
    }
  }

  private static final class Shard {
    final Map<String, Categories> tables = new HashMap<>();
    Layout layout;

    /** The next hour that it comes to; 0 before its first update. */
    long nextMs;

    Shard(Layout first) {
      this.layout = first;
    }
  }

  /** What all shards had when an hour began. */
  private static final class Hour {
    final TreeMap<String, TreeMap<Long, Long>> rowsByBin = new TreeMap<>();
    final Map<String, TableRule> rules = new HashMap<>();
    Layout inForce = Layout.getDefaultInstance();
    Optional<Layout> best = Optional.empty();
  }

  /** Takes the next update batch of a shard. */
  void take(int number, UpdateBatch batch) {
    Shard shard = shards.get(number);
    if (batch.hasLayout()) {
      Layout next = batch.getLayout();
      shard.layout = next.getVersion() > shard.layout.getVersion() ? next : shard.layout;
      return;
    }
    for (TableUpdate update : batch.getTablesList()) {
      for (int i = 0; i < update.getKeysCount(); i++) {
        long timeMs = batch.getEventTimeMs() + update.getEventTimeOffsetsMs(i);
        shard.nextMs = shard.nextMs == 0 ? hour(timeMs) + HOUR_MS : shard.nextMs;
        goOn(shard, timeMs);
        Categories table =
            shard.tables.computeIfAbsent(update.getTable(), _ -> new Categories(decay));
        table.count(table.get(update.getKeys(i)), update.getOccurrences(i), timeMs);
      }
    }
  }

  private static long hour(long timeMs) {
    return Math.floorDiv(timeMs, HOUR_MS) * HOUR_MS;
  }

  private void goOn(Shard shard, long toMs) {
    for (; shard.nextMs <= toMs; shard.nextMs += HOUR_MS) {
      add(shard, shard.nextMs);
    }
  }

  private void add(Shard shard, long atMs) {
    Hour hour = hours.computeIfAbsent(atMs, _ -> new Hour());
    if (shard.layout.getVersion() > hour.inForce.getVersion()) {
      hour.inForce = shard.layout;
    }
    shard.tables.forEach(
        (name, table) -> {
          TreeMap<Long, Long> rows = hour.rowsByBin.computeIfAbsent(name, _ -> new TreeMap<>());
          for (Category category : table.all()) {
            if (table.popularity(category, atMs) >= LEAST) {
              rows.merge(table.bin(category), 1L, Long::sum);
            }
          }
        });
  }

  /** Nothing more comes: makes the layouts. */
  void end() {
    if (!hours.isEmpty()) {
      long last = hours.lastKey();
      shards.stream().filter(shard -> shard.nextMs > 0).forEach(shard -> goOn(shard, last));
    }
    hours.forEach((atMs, hour) -> hour.best = oracle.best(census(atMs, hour), hour.inForce));
  }

  private static Census census(long atMs, Hour hour) {
    var census = Census.newBuilder().setWatermarkMs(atMs);
    hour.rowsByBin.forEach(
        (name, rows) -> {
          // Without dimensions, as traces: who has which dimension now must not matter.
          var block = BlockCensus.newBuilder();
          long before = 0;
          for (Map.Entry<Long, Long> bin : rows.entrySet()) {
            block.addBins(bin.getKey() - before).addBinRows(bin.getValue());
            before = bin.getKey();
          }
          census.addTables(TableCensus.newBuilder().setTable(name).addBlocks(block));
        });
    return census.build();
  }

  /** What a table earned at the last full hour up to a time; empty without a budget. */
  Optional<TableRule> rule(String table, long atMs) {
    Hour hour = hours.get(hour(atMs));
    return hour == null
        ? Optional.empty()
        : hour.best.map(
            layout -> hour.rules.computeIfAbsent(table, name -> TableRule.of(layout, name)));
  }
}
