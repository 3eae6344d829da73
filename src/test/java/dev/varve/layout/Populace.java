package dev.varve.layout;

import dev.varve.schema.Block;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.Census;
import dev.varve.schema.TableCensus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Rows one by one, as shards have them: what a census says of them, and what a layout does to them.
 */
final class Populace {
  static final long HALF_LIFE_MS = 3_600_000;
  static final long WATERMARK_MS = 1_700_000_000_000L;
  static final Scale SCALE = new Scale(HALF_LIFE_MS, WATERMARK_MS);

  /** A row. */
  record Row(String table, int dimension, double popularity) {
    long bin() {
      return (long) Math.floor(SCALE.ofLog(Math.log(popularity) / Math.log(2)));
    }

    /** The dimension that a shard would give it. */
    int under(List<Block> blocks, double hysteresis) {
      int target = 0;
      int own = -1;
      for (int i = 0; i < blocks.size(); i++) {
        target = popularity >= blocks.get(i).getThreshold() ? blocks.get(i).getDimension() : target;
        own = blocks.get(i).getDimension() == dimension ? i : own;
      }
      boolean stays =
          target < dimension
              && own >= 0
              && popularity >= blocks.get(own).getThreshold() * (1 - hysteresis);
      return stays ? dimension : target;
    }
  }

  final List<Row> rows = new ArrayList<>();

  /**
   * Zipf tables of random size and steepness, rows of random dimensions, some of equal popularity.
   */
  static Populace random(RandomGenerator random, List<Integer> levels) {
    var populace = new Populace();
    int tables = random.nextInt(1, 6);
    for (int t = 0; t < tables; t++) {
      int n = 1 << random.nextInt(3, 13);
      double slope = random.nextDouble(0.6, 1.6);
      double top = Math.exp(random.nextDouble(2, 12));
      boolean mixed = random.nextBoolean();
      for (int i = 1; i <= n; i++) {
        double popularity = top * Math.pow(i, -slope) * (1 + 0.1 * random.nextDouble());
        if (random.nextInt(4) == 0) {
          popularity = Math.pow(2, Math.rint(Math.log(popularity)));
        }
        int dimension = mixed ? levels.get(random.nextInt(levels.size())) : levels.getLast();
        boolean isTrace = mixed && random.nextInt(5) == 0;
        populace.rows.add(new Row("t" + t, isTrace ? 0 : dimension, popularity));
      }
    }
    return populace;
  }

  /** One census for each shard, of rows dealt out at random. */
  List<Census> censuses(int shards, RandomGenerator random) {
    List<List<Row>> dealt = new ArrayList<>();
    for (int s = 0; s < shards; s++) {
      dealt.add(new ArrayList<>());
    }
    rows.forEach(row -> dealt.get(random.nextInt(shards)).add(row));
    List<Census> censuses = new ArrayList<>();
    for (int s = 0; s < shards; s++) {
      censuses.add(census(s, dealt.get(s)));
    }
    return censuses;
  }

  CensusMerge merge() {
    var merge = new CensusMerge();
    merge.put(census(0, rows));
    return merge;
  }

  static Census census(int shard, List<Row> rows) {
    Map<String, TreeMap<Integer, Map<Long, Long>>> tables = new TreeMap<>();
    for (Row row : rows) {
      tables
          .computeIfAbsent(row.table, _ -> new TreeMap<>())
          .computeIfAbsent(row.dimension, _ -> new TreeMap<>())
          .merge(row.bin(), 1L, Long::sum);
    }
    var census = Census.newBuilder().setShard(shard).setWatermarkMs(WATERMARK_MS);
    tables.forEach((name, blocks) -> census.addTables(table(name, blocks)));
    return census.setTraces(rows.stream().filter(row -> row.dimension == 0).count()).build();
  }

  private static TableCensus table(String name, Map<Integer, Map<Long, Long>> blocks) {
    var table = TableCensus.newBuilder().setTable(name);
    blocks.forEach(
        (dimension, bins) -> {
          var block = BlockCensus.newBuilder().setDimension(dimension);
          long before = 0;
          for (Map.Entry<Long, Long> bin : bins.entrySet()) {
            block.addBins(bin.getKey() - before).addBinRows(bin.getValue());
            block.setRows(block.getRows() + bin.getValue());
            before = bin.getKey();
          }
          table.addBlocks(block);
          table.setRows(table.getRows() + (dimension == 0 ? 0 : block.getRows()));
        });
    return table.build();
  }
}
