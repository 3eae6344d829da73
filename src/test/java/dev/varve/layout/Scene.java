package dev.varve.layout;

import dev.varve.layout.Populace.Row;
import dev.varve.schema.ApplyCommand;
import dev.varve.schema.Block;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.CancelCommand;
import dev.varve.schema.Census;
import dev.varve.schema.Command;
import dev.varve.schema.Explanation;
import dev.varve.schema.HistoryCommand;
import dev.varve.schema.Layout;
import dev.varve.schema.PauseCommand;
import dev.varve.schema.Pin;
import dev.varve.schema.PinCommand;
import dev.varve.schema.Plan;
import dev.varve.schema.PlanCommand;
import dev.varve.schema.Reply;
import dev.varve.schema.ResumeCommand;
import dev.varve.schema.RollbackCommand;
import dev.varve.schema.SetBudgetCommand;
import dev.varve.schema.StatusCommand;
import dev.varve.schema.StatusReply;
import dev.varve.schema.UnpinCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A balance part with two shards that do what layouts say. */
final class Scene {
  static final int SHARDS = 2;
  static final RowCost.Both COSTS = RowCost.Both.of(8, d -> 2 * (1 + d));
  static final RebalanceConfig CONFIG =
      config(Budget.NONE, new Every(1_000, Every.Clock.EXAMPLES), Map.of());

  final MapMemory memory = new MapMemory();
  final List<Layout> published = new ArrayList<>();
  final List<List<Row>> shards = new ArrayList<>();
  RebalanceConfig config;
  Balance balance;
  Layout layout = Layout.getDefaultInstance();
  long nowMs = 1_000;
  long examples;
  private int commands;

  Scene(RebalanceConfig config) {
    this.config = config;
    balance = restarted();
    balance.begin(nowMs).ifPresent(first -> layout = first);
    for (int s = 0; s < SHARDS; s++) {
      shards.add(new ArrayList<>());
    }
    for (int i = 1; i <= 2_000; i++) {
      shards.get(i % SHARDS).add(new Row("user", 8, 1_000.0 / i));
      if (i <= 500) {
        shards.get(i % SHARDS).add(new Row("item", 8, 3_000.0 / i));
      }
    }
  }

  static RebalanceConfig config(Budget budget, Every every, Map<String, Integer> most) {
    return config(budget, every, most, 0);
  }

  static RebalanceConfig config(
      Budget budget, Every every, Map<String, Integer> most, double kappa) {
    return new RebalanceConfig(
        budget,
        every,
        0.001,
        Allocator.Kind.POWER,
        0.75,
        List.of(1, 2, 4, 8),
        0.1,
        kappa,
        Map.of(),
        most,
        0.01,
        Duration.ofHours(1),
        0.01,
        Duration.ofMinutes(10),
        Duration.ofMillis(5),
        TailKind.NONE,
        1024,
        4);
  }

  static Scene withBudget(long parameters) {
    Budget budget = Budget.of(parameters, BudgetUnit.PARAMETERS);
    return new Scene(config(budget, CONFIG.every(), Map.of()));
  }

  /** The process starts again with what was kept. */
  Balance restarted() {
    balance =
        new Balance(
            new Balance.Setup(8, SHARDS, Populace.HALF_LIFE_MS, COSTS, 100_000, config),
            memory,
            (table, id) -> {
              if (id.equals("lost")) {
                throw new IllegalStateException("shard 1: moving (expected: up)");
              }
              return Explanation.newBuilder().setTable(table).setId(id).build();
            });
    return balance;
  }

  // -- shards

  Census census(int shard, Consumer<Census.Builder> change) {
    Census.Builder census = Populace.census(shard, shards.get(shard)).toBuilder();
    census.setExamples(examples / SHARDS).setLayoutVersion(layout.getVersion());
    change.accept(census);
    return census.build();
  }

  /** A shard says how it is: where rows are, and what it has swept. */
  void census(int shard) {
    send(census(shard, census -> census.setSweptVersion(layout.getVersion()).setSweptShare(1)));
  }

  void send(Census census) {
    nowMs += 100;
    take(balance.census(census, nowMs));
  }

  private void take(List<Layout> layouts) {
    published.addAll(layouts);
    if (!layouts.isEmpty()) {
      layout = layouts.getLast();
    }
  }

  /** All shards say how they are under the layout as it is. */
  void censuses() {
    long version = layout.getVersion();
    for (int s = 0; s < SHARDS && layout.getVersion() == version; s++) {
      census(s);
    }
  }

  /** All shards move their rows and say so, until no more layouts come. */
  void settle() {
    long version;
    do {
      version = layout.getVersion();
      move();
      censuses();
    } while (layout.getVersion() > version);
  }

  void move() {
    for (List<Row> rows : shards) {
      rows.replaceAll(row -> new Row(row.table(), under(row), row.popularity()));
    }
  }

  int under(Row row) {
    List<Block> blocks =
        layout.containsTables(row.table())
            ? layout.getTablesOrThrow(row.table()).getBlocksList()
            : layout.getDefaultBlocksList();
    return row.under(blocks, layout.getHysteresis());
  }

  long used(RowCost cost) {
    long used = 2 * cost.basis();
    for (List<Row> rows : shards) {
      for (Row row : rows) {
        used += cost.row(row.dimension());
      }
    }
    return used;
  }

  // -- operators

  Reply send(Command.Builder command) {
    return send(command.setId("c-" + ++commands).build());
  }

  Reply send(Command command) {
    nowMs += 10;
    Balance.Output output = balance.command(command, nowMs);
    take(output.layouts());
    return output.reply();
  }

  StatusReply status() {
    return send(Command.newBuilder().setStatus(StatusCommand.getDefaultInstance())).getStatus();
  }

  Reply plan() {
    return send(Command.newBuilder().setPlan(PlanCommand.getDefaultInstance()));
  }

  Plan planned() {
    return plan().getPlan();
  }

  Reply apply(String plan) {
    return send(Command.newBuilder().setApply(ApplyCommand.newBuilder().setPlan(plan)));
  }

  Reply cancel() {
    return send(Command.newBuilder().setCancel(CancelCommand.getDefaultInstance()));
  }

  Reply rollback(long version) {
    return send(Command.newBuilder().setRollback(RollbackCommand.newBuilder().setVersion(version)));
  }

  Reply pause() {
    return send(Command.newBuilder().setPause(PauseCommand.getDefaultInstance()));
  }

  Reply resume() {
    return send(Command.newBuilder().setResume(ResumeCommand.getDefaultInstance()));
  }

  Reply pin(String table, String id, int dimension) {
    return send(
        Command.newBuilder()
            .setPin(PinCommand.newBuilder().setTable(table).setId(id).setDimension(dimension)));
  }

  Reply unpin(String table, String id) {
    return send(Command.newBuilder().setUnpin(UnpinCommand.newBuilder().setTable(table).setId(id)));
  }

  Reply setBudget(long parameters) {
    return send(
        Command.newBuilder()
            .setSetBudget(
                SetBudgetCommand.newBuilder()
                    .setBudget(parameters)
                    .setUnit(BudgetUnit.PARAMETERS)));
  }

  Reply history() {
    return send(Command.newBuilder().setHistory(HistoryCommand.getDefaultInstance()));
  }

  List<Pin> pins() {
    return layout.getPinsList();
  }
}
