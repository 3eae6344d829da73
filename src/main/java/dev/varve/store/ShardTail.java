package dev.varve.store;

import dev.varve.learn.Optimizer;
import dev.varve.table.RowUpdates;
import java.util.List;

/**
 * Which rows categories without their own share in one shard, under the layout in force.
 *
 * <p><b>Threads:</b> {@link #rows} any; all else the shard's writer.
 */
final class ShardTail {
  private final ShardLayout layout;
  private final ShardTables tables;
  private final Optimizer optimizer;
  private final SharedSteps steps;
  private final Runnable writeBack;
  private volatile SharedRows rows = SharedRows.NONE;

  /**
   * @param writeBack makes all rows clean
   */
  ShardTail(
      ShardLayout layout,
      ShardTables tables,
      Optimizer optimizer,
      SharedSteps steps,
      Runnable writeBack) {
    this.layout = layout;
    this.tables = tables;
    this.optimizer = optimizer;
    this.steps = steps;
    this.writeBack = writeBack;
  }

  /** What serves categories without a row of their own; none for a moment while tails change. */
  SharedRows rows() {
    return rows;
  }

  /** Shares rows as a layout that has come says; those that it has no use for go at once. */
  void follow(RowUpdates updates) {
    if (layout.layout().hasTail()) {
      tables.addShared();
    }
    ShardTable shared = tables.shared();
    if (shared == null) {
      return;
    }
    SharedRows before = rows;
    SharedRows after = of(shared);
    List<ShardTable> without =
        tables.all().stream()
            .filter(table -> before.serves(table.id()) && !after.isSame(before, table.id()))
            .toList();
    if (!without.isEmpty()) {
      // Readers must not take rows of the one tail for those of the other.
      rows = SharedRows.NONE;
      writeBack.run();
      without.forEach(table -> steps.drop(shared, table.id(), updates));
    }
    share();
  }

  /** Tells the writer and readers which tables' categories share rows. */
  void share() {
    ShardTable shared = tables.shared();
    if (shared != null) {
      rows = of(shared);
      steps.use(rows, shared);
    }
  }

  private SharedRows of(ShardTable shared) {
    return layout.layout().hasTail()
        ? SharedRows.of(layout.layout(), shared.id(), tables.all(), optimizer)
        : SharedRows.NONE;
  }
}
