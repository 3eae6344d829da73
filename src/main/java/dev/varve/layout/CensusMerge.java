package dev.varve.layout;

import dev.varve.schema.BlockCensus;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Census;
import dev.varve.schema.PopularityBin;
import dev.varve.schema.TableCensus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * The censuses of all shards as one. A shard's newer census replaces its older one, so a shard that
 * comes back, or says the same twice, never counts double.
 *
 * <p><b>Threads:</b> one.
 */
public final class CensusMerge {
  private final TreeMap<Integer, Census> byShard = new TreeMap<>();

  /** Takes a shard's census. */
  public void put(Census census) {
    byShard.put(census.getShard(), census);
  }

  /** Shards that have been heard of. */
  public int shards() {
    return byShard.size();
  }

  /** Examples over all shards. */
  public long examples() {
    return sum(Census::getExamples);
  }

  /** Largest watermark, milliseconds since 1970-01-01 UTC; 0 without a census. */
  public long watermarkMs() {
    return byShard.values().stream().mapToLong(Census::getWatermarkMs).max().orElse(0);
  }

  /** Rows and traces over all shards. */
  public long rowsAndTraces() {
    return sum(Census::getTraces) + sum(CensusMerge::rows);
  }

  /** Rows that moved since the layout came. */
  public long moves() {
    return sum(Census::getMoves);
  }

  /** The most that a shard multiplies the layout's thresholds with. */
  double raised() {
    return byShard.values().stream().mapToDouble(Census::getRaised).max().orElse(1);
  }

  /** Moves held back since the layout came. */
  public long held() {
    return sum(Census::getHeld);
  }

  /** Shared rows that were learned. */
  public long tailRows() {
    return sum(Census::getTailRows);
  }

  /** Names of all tables, sorted. */
  public SortedSet<String> tableNames() {
    var names = new TreeSet<String>();
    byShard.values().forEach(c -> c.getTablesList().forEach(table -> names.add(table.getTable())));
    return names;
  }

  /**
   * Whether every row follows a layout: all shards say that they have swept it. The first layout
   * never has to be swept.
   *
   * @param shards how many there are
   */
  public boolean settled(long version, int shards) {
    return byShard.size() >= shards
        && (version <= 1
            || byShard.values().stream().allMatch(c -> c.getSweptVersion() >= version));
  }

  /** Share of the rows that the sweep to a layout has seen, 0 to 1. */
  public double swept(long version, int shards) {
    if (settled(version, shards)) {
      return 1;
    }
    double seen = 0;
    double all = 0;
    for (Census census : byShard.values()) {
      double weight = 1.0 + rows(census) + census.getTraces();
      all += weight;
      if (census.getSweptVersion() >= version) {
        seen += weight;
      } else if (census.getLayoutVersion() >= version) {
        seen += weight * Math.clamp(census.getSweptShare(), 0, 1);
      }
    }
    double missing = Math.max(1, (double) shards / Math.max(1, byShard.size()));
    return all == 0 ? 0 : seen / (all * missing);
  }

  /** What rows and bases use now, without a tail, and the sketches where bytes are counted. */
  public long used(RowCost cost) {
    long used = fixed(cost);
    for (Census census : byShard.values()) {
      for (TableCensus table : census.getTablesList()) {
        for (BlockCensus block : table.getBlocksList()) {
          used += block.getRows() * cost.row(block.getDimension());
        }
      }
    }
    return used;
  }

  /** What does not depend on the layout: bases, and the sketches where bytes are counted. */
  public long fixed(RowCost cost) {
    long sketches = cost.unit() == BudgetUnit.BYTES ? sum(Census::getSketchBytes) : 0;
    return tableNames().size() * cost.basis() + sketches;
  }

  /** The rows at the merged watermark. */
  CensusView view(long halfLifeMs) {
    return view(byShard.values(), halfLifeMs);
  }

  /** The same for each shard alone. */
  SortedMap<Integer, CensusView> viewsByShard(long halfLifeMs) {
    var views = new TreeMap<Integer, CensusView>();
    byShard.forEach((shard, census) -> views.put(shard, view(List.of(census), halfLifeMs)));
    return views;
  }

  private CensusView view(Collection<Census> censuses, long halfLifeMs) {
    var scale = new Scale(halfLifeMs, watermarkMs());
    List<TableRows> tables = new ArrayList<>();
    partsByName(censuses).forEach((name, parts) -> tables.add(TableRows.of(name, parts, scale)));
    return new CensusView(scale, tables);
  }

  /** The tables over all shards, sorted by name. */
  public List<TableCensus> tables() {
    List<TableCensus> merged = new ArrayList<>();
    partsByName(byShard.values()).forEach((name, parts) -> merged.add(merge(name, parts)));
    return merged;
  }

  private static Map<String, List<TableCensus>> partsByName(Collection<Census> censuses) {
    Map<String, List<TableCensus>> byName = new TreeMap<>();
    for (Census census : censuses) {
      for (TableCensus table : census.getTablesList()) {
        byName.computeIfAbsent(table.getTable(), _ -> new ArrayList<>()).add(table);
      }
    }
    return byName;
  }

  private static TableCensus merge(String name, List<TableCensus> parts) {
    var merged = TableCensus.newBuilder().setTable(name);
    var bins = new TreeMap<Long, Long>();
    for (TableCensus part : parts) {
      merged.setRows(merged.getRows() + part.getRows());
      merged.setOccurrences(merged.getOccurrences() + part.getOccurrences());
      merged.setAdmitted(merged.getAdmitted() + part.getAdmitted());
      merged.setExpired(merged.getExpired() + part.getExpired());
      part.getBinsList().forEach(bin -> bins.merge(bin.getBin(), bin.getRows(), Long::sum));
    }
    bins.forEach(
        (bin, rows) -> merged.addBins(PopularityBin.newBuilder().setBin(bin).setRows(rows)));
    mergeBlocks(parts, merged);
    mergeEnergy(parts, merged);
    return merged.build();
  }

  private static void mergeBlocks(List<TableCensus> parts, TableCensus.Builder merged) {
    var rows = new TreeMap<Integer, Long>();
    var bins = new TreeMap<Integer, TreeMap<Long, Long>>();
    for (TableCensus part : parts) {
      for (BlockCensus block : part.getBlocksList()) {
        rows.merge(block.getDimension(), block.getRows(), Long::sum);
        TableRows.add(block, bins.computeIfAbsent(block.getDimension(), _ -> new TreeMap<>()));
      }
    }
    rows.forEach(
        (dimension, count) -> {
          var block = merged.addBlocksBuilder().setDimension(dimension).setRows(count);
          long before = 0;
          for (Map.Entry<Long, Long> bin :
              bins.getOrDefault(dimension, new TreeMap<>()).entrySet()) {
            block.addBins(bin.getKey() - before).addBinRows(bin.getValue());
            before = bin.getKey();
          }
        });
  }

  /** Means weighted with the rows behind them. */
  private static void mergeEnergy(List<TableCensus> parts, TableCensus.Builder merged) {
    int width = parts.stream().mapToInt(TableCensus::getEnergyCount).max().orElse(0);
    for (int i = 0; i < width; i++) {
      long rows = 0;
      double sum = 0;
      for (TableCensus part : parts) {
        if (i < part.getEnergyCount() && i < part.getEnergyRowsCount()) {
          rows += part.getEnergyRows(i);
          sum += part.getEnergy(i) * part.getEnergyRows(i);
        }
      }
      merged.addEnergy(rows == 0 ? 0 : sum / rows).addEnergyRows(rows);
    }
  }

  private long sum(ToLongFunction<Census> count) {
    return byShard.values().stream().mapToLong(count).sum();
  }

  private static long rows(Census census) {
    return census.getTablesList().stream().mapToLong(TableCensus::getRows).sum();
  }
}
