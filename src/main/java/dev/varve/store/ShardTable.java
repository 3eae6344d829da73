package dev.varve.store;

import dev.varve.layout.Layouts;
import dev.varve.layout.RowCost;
import dev.varve.layout.TableRule;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableState;
import dev.varve.table.PopularityBins;
import dev.varve.table.RowUpdates;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One table in one shard: the rule that its rows follow, and its running summary: rows by
 * dimension, occurrences, and the census of popularity as of the last write-back. Traces count as
 * rows of dimension 0.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class ShardTable implements RowUpdates.Table {
  private static final int LEVELS = 9;

  private final int id;
  private final String name;
  private final PopularityBins[] bins = new PopularityBins[LEVELS];
  private final long[] rows = new long[LEVELS];
  private final Energy energy;
  private TableRule rule;
  private long occurrences;
  private long admitted;
  private long expired;
  private boolean olderBins;

  /** New tables are: even one without rows must keep its number. */
  private boolean dirty = true;

  /**
   * @param dimension of the widest rows
   */
  ShardTable(int id, String name, int dimension, TableRule rule) {
    this.id = id;
    this.name = name;
    this.rule = rule;
    this.energy = new Energy(dimension);
    for (int level = 0; level < LEVELS; level++) {
      bins[level] = new PopularityBins();
    }
  }

  /** From its state, where the rows are of one dimension if the state is of an older Varve. */
  static ShardTable restore(TableState state, int dimension, TableRule rule) {
    TableCensus census = state.getCensus();
    var table = new ShardTable(state.getId(), census.getTable(), dimension, rule);
    table.occurrences = census.getOccurrences();
    table.admitted = census.getAdmitted();
    table.expired = census.getExpired();
    for (BlockCensus block : census.getBlocksList()) {
      int level = level(block.getDimension());
      table.rows[level] = block.getRows();
      long bin = 0;
      for (int i = 0; i < block.getBinsCount(); i++) {
        bin += block.getBins(i);
        table.bins[level].add(bin, block.getBinRows(i));
      }
    }
    if (census.getBlocksCount() == 0 && census.getRows() > 0) {
      state
          .getBlocksList()
          .forEach(block -> table.rows[level(block.getDimension())] = block.getRows());
      if (state.getBlocksCount() == 0) {
        table.rows[level(dimension)] = census.getRows();
      }
      table.admitted = census.getRows();
      table.olderBins = true;
    }
    table.dirty = false;
    return table;
  }

  /** 0, 1, 2, 3 for a dimension of 0, 1, 2, 4 and so on. */
  private static int level(int dimension) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(dimension);
  }

  private static int dimension(int level) {
    return (1 << level) >> 1;
  }

  int id() {
    return id;
  }

  String name() {
    return name;
  }

  TableRule rule() {
    return rule;
  }

  /** What the served coordinates are worth. */
  Energy energy() {
    return energy;
  }

  void follow(TableRule next) {
    rule = next;
  }

  @Override
  public PopularityBins bins(int dimension) {
    return bins[level(dimension)];
  }

  @Override
  public boolean stays(int dimension, double popularity) {
    return rule.stays(dimension, popularity);
  }

  /** Shows what has left its bin and entered another. */
  void settleBins() {
    for (PopularityBins of : bins) {
      of.settle();
    }
  }

  void clearBins() {
    for (PopularityBins of : bins) {
      of.clear();
    }
    dirty = true;
  }

  /** Whether its bins are of a Varve that had others: they do not fit the rows. */
  boolean hasOlderBins() {
    return olderBins;
  }

  void occurred(int[] newOccurrences, int from, int n) {
    for (int i = from; i < from + n; i++) {
      occurrences += newOccurrences[i];
    }
    dirty = true;
  }

  /** A category has been given a row that had not even a trace. */
  void rowAdded(int dimension) {
    rows[level(dimension)]++;
    admitted++;
    dirty = true;
  }

  void rowMoved(int from, int to) {
    rows[level(from)]--;
    rows[level(to)]++;
    admitted += from == 0 ? 1 : 0;
    expired += to == 0 ? 1 : 0;
    dirty = true;
  }

  /** Nothing is left of a category. */
  void forgotten(int dimension) {
    rows[level(dimension)]--;
    expired += dimension > 0 ? 1 : 0;
    dirty = true;
  }

  /** Rows, without traces. */
  private long rows() {
    long sum = 0;
    for (int level = 1; level < LEVELS; level++) {
      sum += rows[level];
    }
    return sum;
  }

  /** Rows and traces. */
  long entries() {
    return rows() + rows[0];
  }

  long traces() {
    return rows[0];
  }

  /** Whether its rows are those that categories of other tables share. */
  boolean isShared() {
    return name.equals(Layouts.SHARED_ROWS);
  }

  /** What its rows take. */
  long used(RowCost cost) {
    long used = 0;
    for (int level = 0; level < LEVELS; level++) {
      used += rows[level] == 0 ? 0 : rows[level] * cost.row(dimension(level));
    }
    return used;
  }

  TableSummary summary(IntUnaryOperator rowBytes) {
    long bytes = 0;
    long parameters = 0;
    var byDimension = new TreeMap<Integer, Long>();
    for (int level = 0; level < LEVELS; level++) {
      bytes += rows[level] * rowBytes.applyAsInt(dimension(level));
      if (level > 0 && rows[level] > 0) {
        parameters += rows[level] * (1 + dimension(level));
        byDimension.put(dimension(level), rows[level]);
      }
    }
    return new TableSummary(
        rows(), occurrences, bytes, parameters, byDimension, rows[0], admitted, expired);
  }

  TableCensus census() {
    var census =
        TableCensus.newBuilder()
            .setTable(name)
            .setRows(rows())
            .setOccurrences(occurrences)
            .setAdmitted(admitted)
            .setExpired(expired);
    for (int level = 0; level < LEVELS; level++) {
      if (rows[level] > 0 || !bins[level].isEmpty()) {
        census.addBlocks(block(level));
      }
    }
    energy.addTo(census);
    return census.build();
  }

  private BlockCensus block(int level) {
    var block = BlockCensus.newBuilder().setDimension(dimension(level)).setRows(rows[level]);
    long[] before = {0};
    bins[level].forEach(
        (bin, count) -> {
          block.addBins(bin - before[0]).addBinRows(count);
          before[0] = bin;
        });
    return block.build();
  }

  /** The state to keep, if it changed since the last call; else null. */
  @Nullable TableState takeChanged() {
    if (!dirty) {
      return null;
    }
    dirty = false;
    return TableState.newBuilder().setId(id).setCensus(census()).build();
  }

  void setDirty() {
    dirty = true;
  }
}
