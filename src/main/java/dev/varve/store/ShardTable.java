package dev.varve.store;

import dev.varve.schema.BlockRows;
import dev.varve.schema.PopularityBin;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableState;
import dev.varve.table.PopularityBins;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The running summary of one table in one shard: rows by dimension, occurrences, and the census of
 * popularity as of the last write-back.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class ShardTable {
  private final int id;
  private final String name;
  private final PopularityBins bins = new PopularityBins();
  private final TreeMap<Integer, Long> rowsByDimension = new TreeMap<>();
  private long rows;
  private long occurrences;
  private boolean olderBins;

  /** New tables are: even one without rows must keep its number. */
  private boolean dirty = true;

  ShardTable(int id, String name) {
    this.id = id;
    this.name = name;
  }

  /**
   * @param dimension of the rows, where the state is of a Varve that had only one
   */
  static ShardTable restore(TableState state, int dimension) {
    TableCensus census = state.getCensus();
    var table = new ShardTable(state.getId(), census.getTable());
    table.rows = census.getRows();
    table.occurrences = census.getOccurrences();
    census.getBinsList().forEach(bin -> table.bins.add(bin.getBin(), bin.getRows()));
    state
        .getBlocksList()
        .forEach(block -> table.rowsByDimension.put(block.getDimension(), block.getRows()));
    if (state.getBlocksCount() == 0 && table.rows > 0) {
      table.rowsByDimension.put(dimension, table.rows);
      table.olderBins = true;
    }
    table.dirty = false;
    return table;
  }

  int id() {
    return id;
  }

  String name() {
    return name;
  }

  /** Where the census has the table's rows. */
  PopularityBins bins() {
    return bins;
  }

  /** Whether its bins are of a Varve that did not pack popularities: they may not fit the rows. */
  boolean hasOlderBins() {
    return olderBins;
  }

  void occurred(int[] newOccurrences, int from, int n) {
    for (int i = from; i < from + n; i++) {
      occurrences += newOccurrences[i];
    }
    dirty = true;
  }

  void rowAdded(int dimension) {
    rows++;
    rowsByDimension.merge(dimension, 1L, Long::sum);
  }

  TableSummary summary(IntUnaryOperator rowBytes) {
    long bytes = 0;
    long parameters = 0;
    for (var block : rowsByDimension.entrySet()) {
      bytes += block.getValue() * rowBytes.applyAsInt(block.getKey());
      parameters += block.getValue() * (1 + block.getKey());
    }
    return new TableSummary(rows, occurrences, bytes, parameters, rowsByDimension);
  }

  TableCensus census() {
    var census = TableCensus.newBuilder().setTable(name).setRows(rows).setOccurrences(occurrences);
    bins.forEach(
        (bin, count) -> census.addBins(PopularityBin.newBuilder().setBin(bin).setRows(count)));
    return census.build();
  }

  /** The state to keep, if it changed since the last call; else null. */
  @Nullable TableState takeChanged() {
    if (!dirty) {
      return null;
    }
    dirty = false;
    var state = TableState.newBuilder().setId(id).setCensus(census());
    rowsByDimension.forEach(
        (dimension, count) ->
            state.addBlocks(BlockRows.newBuilder().setDimension(dimension).setRows(count)));
    return state.build();
  }

  void setDirty() {
    dirty = true;
  }
}
