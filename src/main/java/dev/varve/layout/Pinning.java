package dev.varve.layout;

import static dev.varve.layout.RefusedCommandException.require;

import dev.varve.event.Category;
import dev.varve.schema.Blocks;
import dev.varve.schema.Change;
import dev.varve.schema.Layout;
import dev.varve.schema.Phase;
import dev.varve.schema.Pin;
import dev.varve.schema.PinCommand;
import dev.varve.schema.Refusal;
import dev.varve.schema.UnpinCommand;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Gives tables and single categories a dimension of their own, and takes it away again. */
final class Pinning {
  private static final int MOST_PINS = 256;
  private static final int LONGEST_PINNED_ID = 512;

  private final Standing standing;
  private final LayoutChanges changes;

  Pinning(Standing standing) {
    this.standing = standing;
    this.changes = new LayoutChanges(standing);
  }

  Change pin(PinCommand command, String commandId, long atMs) throws RefusedCommandException {
    changes.requireSettled("pin");
    changes.requireTable(command.getTable());
    int dimension = command.getDimension();
    List<Integer> levels = standing.setup.config().levels(standing.setup.dimension());
    require(
        dimension == 0 || levels.contains(dimension),
        Refusal.INVALID,
        "dimension",
        Integer.toUnsignedString(dimension),
        "0 or one of the levels %s".formatted(levels));
    Layout before = standing.layout();
    if (command.getId().isEmpty()) {
      standing.state.putTablePins(command.getTable(), dimension);
      Layout.Builder layout = before.toBuilder();
      var blocks = Blocks.newBuilder();
      if (dimension > 0) {
        blocks.addBlocksBuilder().setDimension(dimension).setThreshold(0);
      }
      layout.putTables(command.getTable(), blocks.build());
      return rebound(
          layout, "pin %s to %d".formatted(command.getTable(), dimension), commandId, atMs);
    }
    unpinCategory(command.getTable(), command.getId());
    requirePinnable(command.getId());
    standing.state.addPins(
        Pin.newBuilder()
            .setTable(command.getTable())
            .setId(command.getId())
            .setKey(Category.key(command.getId()))
            .setDimension(dimension));
    String what = "pin %s/%s to %d".formatted(command.getTable(), command.getId(), dimension);
    return rebound(before.toBuilder(), what, commandId, atMs);
  }

  private void requirePinnable(String id) throws RefusedCommandException {
    int bytes = id.getBytes(StandardCharsets.UTF_8).length;
    require(
        bytes <= LONGEST_PINNED_ID,
        Refusal.INVALID,
        "id",
        id,
        "at most %d bytes".formatted(LONGEST_PINNED_ID));
    int pins = standing.state.getPinsCount();
    require(pins < MOST_PINS, "pins", pins, "at most %d; unpin others".formatted(MOST_PINS));
  }

  Change unpin(UnpinCommand command, String commandId, long atMs) throws RefusedCommandException {
    changes.requireSettled("unpin");
    String table = command.getTable();
    if (command.getId().isEmpty()) {
      require(
          standing.state.containsTablePins(table),
          Refusal.NOT_FOUND,
          "table",
          table,
          "a pinned table: one of %s".formatted(standing.state.getTablePinsMap().keySet()));
      standing.state.removeTablePins(table);
      return changes.published(
          changes.propose(standing.terms(), standing.setup.config().allocator()),
          Phase.SETTLED,
          "unpin " + table,
          commandId,
          atMs);
    }
    String name = "%s/%s".formatted(table, command.getId());
    require(
        unpinCategory(table, command.getId()), Refusal.NOT_FOUND, "id", name, "a pinned category");
    return rebound(standing.layout().toBuilder(), "unpin " + name, commandId, atMs);
  }

  private boolean unpinCategory(String table, String id) {
    for (int i = 0; i < standing.state.getPinsCount(); i++) {
      Pin pin = standing.state.getPins(i);
      if (pin.getTable().equals(table) && pin.getId().equals(id)) {
        standing.state.removePins(i);
        return true;
      }
    }
    return false;
  }

  /** The blocks as they are with other pins; where that does not fit the budget, new blocks. */
  private Change rebound(Layout.Builder layout, String what, String commandId, long atMs)
      throws RefusedCommandException {
    standing.state.setRevision(standing.state.getRevision() + 1);
    Terms terms = standing.terms();
    Layout.Builder bound =
        standing
            .planner
            .frame(terms)
            .setHysteresis(layout.getHysteresis())
            .addAllDefaultBlocks(layout.getDefaultBlocksList())
            .putAllTables(layout.getTablesMap());
    long uses = standing.planner.used(standing.census, bound.build(), terms);
    if (uses > standing.planner.target(terms)) {
      bound = changes.propose(terms, standing.setup.config().allocator());
    }
    return changes.published(bound, Phase.SETTLED, what, commandId, atMs);
  }
}
