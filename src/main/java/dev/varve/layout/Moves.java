package dev.varve.layout;

import dev.varve.schema.Block;
import dev.varve.schema.BlockPlan;
import dev.varve.schema.TablePlan;
import java.util.List;
import java.util.TreeMap;

/** Adds up what a layout does to the rows of each table. */
final class Moves {
  /** Rows and their popularity, before and after. */
  private static final class Sums {
    double rowsBefore;
    double rowsAfter;
    double massBefore;
    double massAfter;
  }

  /** A moved row goes to RocksDB and to the changelog. */
  private static final int COPIES = 2;

  private final RowCost cost;
  private final RowCost bytes;
  private double moves;
  private double writeBytes;

  Moves(RowCost cost, RowCost bytes) {
    this.cost = cost;
    this.bytes = bytes;
  }

  /** Rows that move, of the tables so far. */
  long moves() {
    return Math.round(moves);
  }

  /** Bytes that their moves write: the rows as they are then, and what they lose kept aside. */
  long writeBytes() {
    return Math.round(writeBytes);
  }

  /** One table's plan. */
  TablePlan table(TableRows table, Cuts cuts, List<Block> before, List<Block> after) {
    var byDimension = new TreeMap<Integer, Sums>();
    byDimension.put(0, new Sums());
    before.forEach(block -> byDimension.put(block.getDimension(), new Sums()));
    after.forEach(block -> byDimension.put(block.getDimension(), new Sums()));
    double[] upAndDown = new double[2];
    cuts.visit(
        table,
        (from, to, rows, mass) -> {
          Sums left = byDimension.computeIfAbsent(from, _ -> new Sums());
          left.rowsBefore += rows;
          left.massBefore += mass;
          Sums entered = byDimension.computeIfAbsent(to, _ -> new Sums());
          entered.rowsAfter += rows;
          entered.massAfter += mass;
          if (from != to) {
            upAndDown[from < to ? 0 : 1] += rows;
            count(from, to, rows);
          }
        });
    var plan = TablePlan.newBuilder().setTable(table.table());
    double mass = byDimension.values().stream().mapToDouble(sums -> sums.massBefore).sum();
    byDimension.forEach(
        (dimension, sums) -> plan.addBlocks(block(dimension, sums, mass, before, after)));
    return plan.setUp(Math.round(upAndDown[0])).setDown(Math.round(upAndDown[1])).build();
  }

  private void count(int from, int to, double rows) {
    moves += rows;
    long kept = to < from ? bytes.row(from) - bytes.row(to) : 0;
    writeBytes += COPIES * rows * (Math.max(RowCost.HEADER_BYTES, bytes.row(to)) + kept);
  }

  private BlockPlan block(
      int dimension, Sums sums, double mass, List<Block> before, List<Block> after) {
    var block =
        BlockPlan.newBuilder()
            .setDimension(dimension)
            .setRowsBefore(Math.round(sums.rowsBefore))
            .setRowsAfter(Math.round(sums.rowsAfter))
            .setUsedBefore(Math.round(sums.rowsBefore * cost.row(dimension)))
            .setUsedAfter(Math.round(sums.rowsAfter * cost.row(dimension)))
            .setTrafficBefore(mass > 0 ? sums.massBefore / mass : 0)
            .setTrafficAfter(mass > 0 ? sums.massAfter / mass : 0);
    before.stream()
        .filter(b -> b.getDimension() == dimension)
        .forEach(b -> block.setThresholdBefore(b.getThreshold()));
    after.stream()
        .filter(b -> b.getDimension() == dimension)
        .forEach(b -> block.setThresholdAfter(b.getThreshold()));
    return block.build();
  }
}
