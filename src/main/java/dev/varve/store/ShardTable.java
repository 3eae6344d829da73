package dev.varve.store;

import dev.varve.schema.PopularityBin;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableState;
import dev.varve.table.Popularity;
import dev.varve.table.PopularityBins;
import dev.varve.table.Row;
import dev.varve.table.RowFormat;
import org.jspecify.annotations.Nullable;

/**
 * The running summary of one table in one shard: rows, occurrences, and the census of popularity,
 * kept up to date row by row.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class ShardTable {
  private final int id;
  private final String name;
  private final PopularityBins bins = new PopularityBins();
  private long rows;
  private long occurrences;

  /** New tables are: even one without rows must keep its number. */
  private boolean dirty = true;

  ShardTable(int id, String name) {
    this.id = id;
    this.name = name;
  }

  static ShardTable restore(TableState state) {
    TableCensus census = state.getCensus();
    var table = new ShardTable(state.getId(), census.getTable());
    table.rows = census.getRows();
    table.occurrences = census.getOccurrences();
    census.getBinsList().forEach(bin -> table.bins.add(bin.getBin(), bin.getRows()));
    table.dirty = false;
    return table;
  }

  int id() {
    return id;
  }

  String name() {
    return name;
  }

  /** A row is counted: into its bin, and as new when it is. */
  void counted(Popularity decay, Row row, int newOccurrences, boolean isNew) {
    occurrences += newOccurrences;
    bins.add(decay.bin(row.popularity(), row.timeMs()));
    if (isNew) {
      rows++;
    }
    dirty = true;
  }

  /** A row is about to change: out of its bin. */
  void uncount(Popularity decay, Row row) {
    bins.remove(decay.bin(row.popularity(), row.timeMs()));
  }

  /** Empties the histogram, to count all rows again. */
  void clearBins() {
    bins.clear();
    dirty = true;
  }

  /** Counts a row that is there already. */
  void recount(Popularity decay, Row row) {
    bins.add(decay.bin(row.popularity(), row.timeMs()));
  }

  TableSummary summary(int dimension) {
    return new TableSummary(
        rows,
        occurrences,
        rows * (RowFormat.KEY_BYTES + RowFormat.valueBytes(dimension)),
        rows * (1 + dimension));
  }

  TableCensus census() {
    var census = TableCensus.newBuilder().setTable(name).setRows(rows).setOccurrences(occurrences);
    bins.forEach((bin, n) -> census.addBins(PopularityBin.newBuilder().setBin(bin).setRows(n)));
    return census.build();
  }

  /** The state to keep, if it changed since the last call; else null. */
  @Nullable TableState takeChanged() {
    if (!dirty) {
      return null;
    }
    dirty = false;
    return TableState.newBuilder().setId(id).setCensus(census()).build();
  }
}
