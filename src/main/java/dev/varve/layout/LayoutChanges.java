package dev.varve.layout;

import static dev.varve.layout.RefusedCommandException.require;

import dev.varve.base.NearestName;
import dev.varve.schema.Change;
import dev.varve.schema.Layout;
import dev.varve.schema.Phase;
import dev.varve.schema.Refusal;

/** What commands that change the layout have in common: what they need, and how they end. */
final class LayoutChanges {
  private final Standing standing;

  LayoutChanges(Standing standing) {
    this.standing = standing;
  }

  Layout.Builder propose(Terms terms, Allocator.Kind kind) throws RefusedCommandException {
    requireAllShards();
    try {
      return standing.planner.propose(standing.census, terms, kind, false);
    } catch (OverBudgetException e) {
      throw RefusedCommandException.of(e);
    }
  }

  Change published(Layout.Builder layout, Phase outcome, String what, String commandId, long atMs) {
    standing.publish(layout, outcome, "%s, command %s".formatted(what, commandId), atMs);
    return done("%s: layout %d is being applied".formatted(what, standing.version()));
  }

  Change done(String done) {
    return Change.newBuilder().setLayoutVersion(standing.version()).setDone(done).build();
  }

  void requireSettled(String command) throws RefusedCommandException {
    require(
        !standing.state.getApplying(),
        command,
        "layout %d is being applied".formatted(standing.version()),
        "a settled layout; wait, or cancel");
  }

  void requireAllShards() throws RefusedCommandException {
    require(
        standing.complete(),
        "census",
        "of %d shards".formatted(standing.census.shards()),
        "of all %d; wait until each has sent one".formatted(standing.setup.shards()));
  }

  void requireTable(String table) throws RefusedCommandException {
    var tables = standing.census.tableNames();
    require(
        tables.contains(table),
        Refusal.NOT_FOUND,
        "table",
        table,
        NearestName.rule("a table", table, tables));
  }
}
