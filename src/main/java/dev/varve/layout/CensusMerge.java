package dev.varve.layout;

import dev.varve.schema.Census;
import dev.varve.schema.PopularityBin;
import dev.varve.schema.TableCensus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The censuses of all shards as one. A shard's newer census replaces its older one, so a shard that
 * comes back, or says the same twice, never counts double.
 *
 * <p><b>Threads:</b> one.
 */
public final class CensusMerge {
  private final Map<Integer, Census> byShard = new HashMap<>();

  public void put(Census census) {
    byShard.put(census.getShard(), census);
  }

  /** Shards that have been heard of. */
  public int shards() {
    return byShard.size();
  }

  /** Examples over all shards. */
  public long examples() {
    return byShard.values().stream().mapToLong(Census::getExamples).sum();
  }

  /** The tables over all shards, sorted by name. */
  public List<TableCensus> tables() {
    Map<String, List<TableCensus>> byName = new TreeMap<>();
    for (Census census : byShard.values()) {
      for (TableCensus table : census.getTablesList()) {
        byName.computeIfAbsent(table.getTable(), _ -> new ArrayList<>()).add(table);
      }
    }
    List<TableCensus> merged = new ArrayList<>();
    byName.forEach((name, parts) -> merged.add(merge(name, parts)));
    return merged;
  }

  private static TableCensus merge(String name, List<TableCensus> parts) {
    var merged = TableCensus.newBuilder().setTable(name);
    var bins = new TreeMap<Long, Long>();
    for (TableCensus part : parts) {
      merged.setRows(merged.getRows() + part.getRows());
      merged.setOccurrences(merged.getOccurrences() + part.getOccurrences());
      part.getBinsList().forEach(bin -> bins.merge(bin.getBin(), bin.getRows(), Long::sum));
    }
    bins.forEach(
        (bin, rows) -> merged.addBins(PopularityBin.newBuilder().setBin(bin).setRows(rows)));
    return merged.build();
  }
}
