package dev.varve.layout;

import dev.varve.schema.Block;
import dev.varve.schema.BlockPlan;
import dev.varve.schema.Layout;
import dev.varve.schema.TablePlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  /** One table. */
  private static final class Table {
    final TreeMap<Integer, Sums> byDimension = new TreeMap<>(Map.of(0, new Sums()));
    double up;
    double down;

    Sums sums(int dimension) {
      return byDimension.computeIfAbsent(dimension, _ -> new Sums());
    }
  }

  /** A moved row goes to RocksDB and to the changelog. */
  private static final int COPIES = 2;

  private final RowCost cost;
  private final RowCost bytes;
  private final TreeMap<String, Table> tables = new TreeMap<>();
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

  /** Adds rows of a table that would follow cuts. */
  void add(TableRows table, Cuts cuts) {
    Table of = tables.computeIfAbsent(table.table(), _ -> new Table());
    cuts.visit(
        table,
        (from, to, rows, mass) -> {
          Sums left = of.sums(from);
          left.rowsBefore += rows;
          left.massBefore += mass;
          Sums entered = of.sums(to);
          entered.rowsAfter += rows;
          entered.massAfter += mass;
          if (from != to) {
            of.up += from < to ? rows : 0;
            of.down += from < to ? 0 : rows;
            count(from, to, rows);
          }
        });
  }

  /** The tables' plans. */
  List<TablePlan> plans(Layout before, Layout after) {
    List<TablePlan> plans = new ArrayList<>();
    tables.forEach(
        (name, table) ->
            plans.add(
                table(name, table, Layouts.blocks(before, name), Layouts.blocks(after, name))));
    return plans;
  }

  private TablePlan table(String name, Table table, List<Block> before, List<Block> after) {
    before.forEach(block -> table.sums(block.getDimension()));
    after.forEach(block -> table.sums(block.getDimension()));
    var plan = TablePlan.newBuilder().setTable(name);
    double mass = table.byDimension.values().stream().mapToDouble(sums -> sums.massBefore).sum();
    table.byDimension.forEach(
        (dimension, sums) -> plan.addBlocks(block(dimension, sums, mass, before, after)));
    return plan.setUp(Math.round(table.up)).setDown(Math.round(table.down)).build();
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
