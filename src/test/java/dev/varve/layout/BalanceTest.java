package dev.varve.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.varve.event.Category;
import dev.varve.schema.AuditEntry;
import dev.varve.schema.CancelCommand;
import dev.varve.schema.Command;
import dev.varve.schema.ExplainCommand;
import dev.varve.schema.Layout;
import dev.varve.schema.PauseCommand;
import dev.varve.schema.Phase;
import dev.varve.schema.Plan;
import dev.varve.schema.Reply;
import dev.varve.schema.StatusReply;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What operators can do, in which order, and what a crash changes: nothing. */
class BalanceTest {
  /** About a third of what all rows at the base dimension use. */
  private static final long BUDGET = 8_000;

  private final Scene scene = new Scene(Scene.CONFIG);

  private void begin() {
    scene.pause();
    scene.censuses();
    scene.setBudget(BUDGET);
  }

  private Plan applied() {
    Plan plan = scene.planned();
    assertThat(scene.apply(plan.getId()).getError()).isEmpty();
    return plan;
  }

  // -- plan and apply

  @Test
  void aPlanChangesNothingUntilItIsApplied() {
    begin();
    Layout before = scene.layout;

    Plan plan = scene.planned();

    assertThat(scene.layout).isEqualTo(before);
    assertThat(scene.status().getPhase()).isEqualTo(Phase.PLANNED);
    assertThat(scene.status().getPlan()).isEqualTo(plan.getId());
    assertThat(plan.getBaseVersion()).isEqualTo(1);
    assertThat(plan.getUsedBefore()).isEqualTo(scene.used(Scene.COSTS.parameters()));
    assertThat(plan.getUsedAfter()).isBetween((long) (0.98 * BUDGET), BUDGET);
  }

  @Test
  void anAppliedPlanIsSettledWhenAllShardsHaveSweptIt() {
    begin();
    Plan plan = applied();

    assertThat(scene.layout.getVersion()).isEqualTo(2);
    assertThat(scene.layout.getDefaultBlocksList())
        .isEqualTo(plan.getLayout().getDefaultBlocksList());
    assertThat(scene.status().getPhase()).isEqualTo(Phase.APPLYING);

    scene.move();
    scene.census(0);
    assertThat(scene.status().getPhase()).isEqualTo(Phase.APPLYING);
    scene.census(1);

    StatusReply status = scene.status();
    assertThat(status.getPhase()).isEqualTo(Phase.SETTLED);
    assertThat(status.getProgress()).isEqualTo(1);
    assertThat(status.getUsed())
        .isEqualTo(plan.getUsedAfter())
        .isEqualTo(scene.used(Scene.COSTS.parameters()));
  }

  @Test
  void aPlanCountsBlocksAndMovesAsTheShardsDoThem() {
    begin();
    Plan plan = scene.planned();
    scene.apply(plan.getId());
    long moves =
        scene.shards.stream()
            .flatMap(rows -> rows.stream())
            .filter(row -> scene.under(row) != row.dimension())
            .count();

    assertThat(plan.getMoves()).isEqualTo(moves);
    assertThat(plan.getTablesList()).hasSize(2);
    plan.getTablesList()
        .forEach(
            table -> {
              assertThat(table.getUp()).isZero();
              table
                  .getBlocksList()
                  .forEach(
                      block ->
                          assertThat(block.getRowsAfter())
                              .isEqualTo(
                                  scene.shards.stream()
                                      .flatMap(rows -> rows.stream())
                                      .filter(row -> row.table().equals(table.getTable()))
                                      .filter(row -> scene.under(row) == block.getDimension())
                                      .count()));
              assertThat(table.getBlocksList().stream().mapToDouble(b -> b.getTrafficAfter()).sum())
                  .isCloseTo(1, within(1e-9));
            });
    assertThat(plan.getCapturedBefore().getValue()).isEqualTo(1);
    assertThat(plan.getCapturedAfter().getValue()).isBetween(0.5, 0.99);
    assertThat(plan.getGain().getLow())
        .isLessThan(plan.getGain().getValue())
        .isLessThan(plan.getGain().getHigh());
  }

  /** Observations support no more than a dimension for each; rows that have more are not cut. */
  @Test
  void aPlanKnowsThatRowsKeepWhatTheyHaveWhileThereIsRoom() {
    var roomy = new Scene(Scene.config(Budget.NONE, Scene.CONFIG.every(), Map.of(), 1));
    roomy.pause();
    roomy.censuses();
    long used = roomy.used(Scene.COSTS.parameters());
    roomy.setBudget(used * 11 / 10);

    Plan plan = roomy.planned();

    assertThat(Layouts.blocks(plan.getLayout(), "user"))
        .as("thresholds that most rows do not reach")
        .anyMatch(block -> block.getDimension() == 8 && block.getThreshold() >= 8);
    assertThat(plan.getMoves()).isZero();
    assertThat(plan.getUsedAfter()).isEqualTo(plan.getUsedBefore()).isEqualTo(used);
    assertThat(plan.getCapturedAfter().getValue()).isEqualTo(1);

    roomy.setBudget(used * 8 / 10);
    assertThat(roomy.planned().getUsedAfter()).isBetween(used * 77 / 100, used * 8 / 10);
  }

  @Test
  void applyIsRefusedDuringAnApplyAndChangesNothing() {
    begin();
    Plan plan = applied();
    Layout applying = scene.layout;

    assertThat(scene.apply(plan.getId()).getError())
        .isEqualTo(
            "apply: layout 2 is being applied (expected: a settled layout; wait, or cancel)");
    assertThat(scene.plan().getError()).as("a plan changes nothing").isEmpty();
    assertThat(scene.pin("user", "u", 1).getError()).startsWith("pin: layout 2 is being applied");
    assertThat(scene.layout).isEqualTo(applying);
  }

  @Test
  void anUnknownAnExpiredAndAStalePlanAreRefused() {
    begin();
    assertThat(scene.apply("plan-9").getError())
        .isEqualTo("plan: plan-9 (expected: the id of one of the last 8 plans)");

    Plan plan = scene.planned();
    scene.nowMs = plan.getExpiresMs();
    assertThat(scene.apply(plan.getId()).getError())
        .isEqualTo("plan: plan-1 (expected: one not expired; this one was made 600 s ago)");

    Plan older = scene.planned();
    scene.apply(scene.planned().getId());
    scene.settle();
    assertThat(scene.apply(older.getId()).getError())
        .isEqualTo(
            "plan: plan-2 (expected: one made from layout 2; this one was made from 1: make a new"
                + " plan)");

    Plan other = scene.planned();
    scene.setBudget(BUDGET + 1);
    assertThat(scene.apply(other.getId()).getError())
        .isEqualTo(
            "plan: plan-4 (expected: one made since budget or pins changed: make a new plan)");
    assertThat(scene.status().getPlan()).isEmpty();
    assertThat(scene.layout.getVersion()).isEqualTo(2);
  }

  @Test
  void aPlanThatNoLongerFitsIsRefused() {
    begin();
    Plan plan = scene.planned();
    for (int i = 0; i < 300; i++) {
      scene.shards.getFirst().add(new Populace.Row("user", 0, 10_000));
    }
    scene.census(0);

    assertThat(scene.apply(plan.getId()).getError())
        .startsWith("plan: plan-1 (expected: at most 8000 parameters; with the rows there are now");
    assertThat(scene.layout.getVersion()).isEqualTo(1);
  }

  @Test
  void nothingIsPlannedBeforeAllShardsHaveSpoken() {
    scene.census(0);

    assertThat(scene.plan().getError())
        .isEqualTo("census: of 1 shards (expected: of all 2; wait until each has sent one)");
  }

  // -- going back

  @Test
  void cancelGoesBackToTheLayoutBeforeAndPauses() {
    begin();
    scene.resume();
    Layout before = scene.layout;
    applied();
    scene.move();
    scene.census(0);

    Reply reply = scene.cancel();

    assertThat(reply.getError()).isEmpty();
    assertThat(scene.layout.getVersion()).isEqualTo(3);
    assertThat(scene.layout.getRestores()).isEqualTo(1);
    assertThat(scene.layout.getDefaultBlocksList()).isEqualTo(before.getDefaultBlocksList());
    assertThat(scene.status().getPhase()).isEqualTo(Phase.APPLYING);
    assertThat(scene.cancel().getError())
        .isEqualTo(
            "cancel: layout 3 (expected: one that is being applied; this one goes back already)");
    scene.settle();
    assertThat(scene.status().getPhase()).isEqualTo(Phase.CANCELLED);
    assertThat(scene.status().getPaused()).isTrue();
    assertThat(scene.cancel().getError()).startsWith("cancel: layout 3");
  }

  @Test
  void shardsMayTakeTheWholeBudgetTogetherAndEachWhatItsRowsEarn() {
    begin();
    scene.shards.get(0).removeIf(row -> row.popularity() < 2);
    scene.census(0);
    applied();

    Map<Integer, Long> quotas = scene.layout.getQuotasMap();
    long small = scene.layout.getQuotasOrThrow(0);
    long large = scene.layout.getQuotasOrThrow(1);
    long fixed = scene.status().getTablesCount() * Scene.COSTS.parameters().basis();
    assertThat(quotas).hasSize(Scene.SHARDS);
    assertThat(small + large + fixed).isBetween(BUDGET * 997 / 1000, BUDGET);
    assertThat(small).isLessThan(large);
    assertThat(scene.layout.getSlack()).isPositive().isLessThan(small / 50);
  }

  @Test
  void whatGoesBackGoesBackToItsThresholdsWithoutQuotas() {
    begin();
    applied();
    scene.settle();
    applied();
    scene.settle();

    assertThat(scene.rollback(2).getError()).isEmpty();

    assertThat(scene.layout.getRestores()).isEqualTo(2);
    assertThat(scene.layout.getQuotasMap()).isEmpty();
  }

  @Test
  void rollbackGoesBackStepByStepAndPauses() {
    begin();
    applied();
    scene.settle();
    Layout second = scene.layout;
    scene.setBudget(BUDGET / 2);
    applied();
    scene.settle();
    assertThat(scene.layout.getVersion()).isEqualTo(3);

    assertThat(scene.rollback(0).getError()).isEmpty();
    assertThat(scene.layout.getRestores()).isEqualTo(2);
    assertThat(scene.layout.getDefaultBlocksList()).isEqualTo(second.getDefaultBlocksList());
    assertThat(scene.layout.getGrowth()).isEqualTo(BUDGET / 2 / 100 / Scene.SHARDS);
    scene.settle();
    assertThat(scene.status().getPhase()).isEqualTo(Phase.ROLLED_BACK);
    assertThat(scene.status().getPaused()).isTrue();

    assertThat(scene.rollback(0).getError()).isEmpty();
    assertThat(scene.layout.getRestores()).isEqualTo(1);
    assertThat(scene.rollback(0).getError())
        .isEqualTo("version: 0 (expected: from 1 to 4, below the one in force)");
    assertThat(scene.rollback(3).getError()).isEmpty();
    assertThat(scene.layout.getRestores()).isEqualTo(3);
    assertThat(scene.rollback(99).getError()).startsWith("version: 99 (expected: from 1");
    assertThat(scene.rollback(-1).getError()).startsWith("version: -1 (expected: from 1");
  }

  @Test
  void aRollbackTakesBackPinsToo() {
    begin();
    applied();
    scene.settle();
    scene.pin("user", "", 2);
    scene.settle();
    scene.pin("item", "i7", 8);
    scene.settle();
    assertThat(scene.pins()).hasSize(1);

    scene.rollback(2);
    scene.settle();

    assertThat(scene.pins()).isEmpty();
    assertThat(scene.layout.getTablesMap()).doesNotContainKey("user");
    assertThat(scene.unpin("user", "").getError())
        .isEqualTo("table: user (expected: a pinned table: one of [])");
  }

  // -- bounds

  @Test
  void aBudgetBelowTheFloorIsRefusedWithTheNumber() {
    begin();

    assertThat(scene.setBudget(100).getError())
        .isEqualTo(
            "budget: 100 parameters (expected: at least 130 parameters: bases, pins, least"
                + " dimensions and the tail use 128 parameters, and 2 parameters of the budget is"
                + " for rows that come until the next layout)");
    assertThat(scene.setBudget(-1).getError()).isEqualTo("budget: -1 (expected: at least 0)");
    assertThat(scene.status().getBudget()).isEqualTo(BUDGET);
  }

  @Test
  void aPinnedTableHasOneDimensionAndTheOthersMakeRoom() {
    begin();
    applied();
    scene.settle();

    assertThat(scene.pin("item", "", 8).getError()).isEmpty();
    scene.settle();

    assertThat(scene.shards.stream().flatMap(rows -> rows.stream()))
        .filteredOn(row -> row.table().equals("item"))
        .allMatch(row -> row.dimension() == 8);
    assertThat(scene.status().getUsed()).isLessThanOrEqualTo(BUDGET);

    assertThat(scene.unpin("item", "").getError()).isEmpty();
    scene.settle();
    assertThat(scene.shards.stream().flatMap(rows -> rows.stream()))
        .filteredOn(row -> row.table().equals("item"))
        .anyMatch(row -> row.dimension() < 8);
  }

  @Test
  void aPinnedCategoryIsInTheLayoutUntilItIsUnpinned() {
    begin();
    assertThat(scene.pin("user", "u1", 4).getError()).isEmpty();
    scene.settle();
    assertThat(scene.pin("user", "u1", 0).getError()).isEmpty();
    scene.settle();

    assertThat(scene.pins()).hasSize(1);
    assertThat(scene.pins().getFirst().getDimension()).isZero();
    assertThat(scene.pins().getFirst().getKey()).isEqualTo(Category.key("u1"));
    assertThat(scene.unpin("user", "u2").getError())
        .isEqualTo("id: user/u2 (expected: a pinned category)");
    assertThat(scene.unpin("user", "u1").getError()).isEmpty();
    assertThat(scene.pins()).isEmpty();
  }

  @Test
  void aPinOfAnUnknownTableOrToNoLevelIsRefused() {
    begin();

    assertThat(scene.pin("usr", "", 4).getError())
        .isEqualTo("table: usr (expected: a table; did you mean user?)");
    assertThat(scene.pin("user", "", 3).getError())
        .isEqualTo("dimension: 3 (expected: 0 or one of the levels [1, 2, 4, 8])");
    assertThat(scene.layout.getVersion()).isEqualTo(1);
  }

  // -- automatic rebalancing

  @Test
  void aBudgetIsKeptWithoutBeingAsked() {
    Scene live = Scene.withBudget(BUDGET);
    live.censuses();

    assertThat(live.layout.getVersion()).isEqualTo(2);
    assertThat(live.layout.getReason()).isEqualTo("over the budget: 22628 of 8000 parameters used");
    live.settle();
    assertThat(live.used(Scene.COSTS.parameters())).isBetween((long) (0.97 * BUDGET), BUDGET);
  }

  @Test
  void itIsRebalancedAgainWhenEnoughExamplesCameAndThatGains() {
    Scene live = Scene.withBudget(BUDGET);
    live.censuses();
    live.settle();
    long version = live.layout.getVersion();

    // What was popular is not any more, and the other way round.
    live.shards.forEach(
        rows ->
            rows.replaceAll(
                row ->
                    row.table().equals("user")
                        ? new Populace.Row("user", row.dimension(), 1_000 / row.popularity())
                        : row));
    live.examples = 999;
    live.censuses();
    assertThat(live.layout.getVersion()).isEqualTo(version);

    live.examples = 1_000;
    live.censuses();
    assertThat(live.layout.getVersion()).isEqualTo(version + 1);
    assertThat(live.layout.getReason()).startsWith("captured energy 0.");
  }

  @Test
  void nothingIsRebalancedWhilePaused() {
    Scene live = Scene.withBudget(BUDGET);
    live.pause();
    live.censuses();
    assertThat(live.published).isEmpty();

    live.resume();
    live.censuses();
    assertThat(live.published).hasSize(1);
  }

  @Test
  void aSettledLayoutOverTheBudgetIsCorrected() {
    Scene live = Scene.withBudget(BUDGET);
    live.censuses();
    long version = live.layout.getVersion();
    // They came between the census and the layout.
    for (int i = 0; i < 100; i++) {
      live.shards.getFirst().add(new Populace.Row("user", 0, 1_000));
    }
    live.move();
    assertThat(live.used(Scene.COSTS.parameters())).isGreaterThan(BUDGET);
    live.censuses();
    assertThat(live.layout.getVersion()).isEqualTo(version + 1);
    live.settle();

    // Room is left for as many again.
    assertThat(live.used(Scene.COSTS.parameters())).isBetween((long) (0.7 * BUDGET), BUDGET);
  }

  @Test
  void whatRowsCouldUseIsNotLeftFree() {
    Scene live = Scene.withBudget(BUDGET);
    live.censuses();
    live.settle();
    live.shards.forEach(rows -> rows.removeIf(row -> row.dimension() == 8));
    live.censuses();
    live.examples = 1_000;
    live.censuses();
    live.settle();

    assertThat(live.used(Scene.COSTS.parameters())).isBetween((long) (0.97 * BUDGET), BUDGET);
  }

  @Test
  void aTablesMostDimensionIsKeptWithoutABudgetToo() {
    var config = Scene.config(Budget.NONE, new Every(1, Every.Clock.WALL_TIME), Map.of("user", 2));
    var live = new Scene(config);
    live.censuses();
    live.settle();

    assertThat(live.shards.stream().flatMap(rows -> rows.stream()))
        .allMatch(row -> row.dimension() == (row.table().equals("user") ? 2 : 8));
  }

  // -- what lasts

  @Test
  void aCommandThatComesAgainIsAnsweredAsThenAndDoesNothing() {
    begin();
    var pause = Command.newBuilder().setId("x").setPause(PauseCommand.getDefaultInstance()).build();
    Reply first = scene.send(pause);
    scene.resume();

    assertThat(scene.send(pause)).isEqualTo(first);
    assertThat(scene.status().getPaused()).isFalse();

    var other = pause.toBuilder().setCancel(CancelCommand.getDefaultInstance());
    assertThat(scene.send(other.build())).isEqualTo(first);
  }

  @Test
  void aRestartChangesNothing() {
    begin();
    Plan plan = scene.planned();
    scene.pin("user", "u1", 4);
    scene.move();
    scene.census(0);
    StatusReply before = scene.status();

    scene.restarted();

    assertThat(scene.balance.begin(scene.nowMs)).isEmpty();
    assertThat(scene.status()).isEqualTo(before);
    scene.census(1);
    assertThat(scene.status().getPhase()).isEqualTo(Phase.SETTLED);
    assertThat(scene.apply(plan.getId()).getError()).contains("one made from layout 2");
  }

  @Test
  void anotherConfiguredBudgetReplacesThatOfACommand() {
    begin();
    scene.restarted();
    assertThat(scene.status().getBudget()).isEqualTo(BUDGET);

    scene.config = Scene.CONFIG.withBudget(Budget.parse("9000 parameters"));
    scene.restarted();
    assertThat(scene.status().getBudget()).isEqualTo(9_000);
    assertThat(scene.apply("none").getError()).isNotEmpty();
    assertThat(scene.status().getBudget()).isEqualTo(9_000);
  }

  @Test
  void theHistoryNamesLayoutsAndWhatWasCommanded() {
    begin();
    Plan plan = applied();
    scene.apply(plan.getId());

    var history = scene.history().getHistory();

    assertThat(history.getLayoutsList()).extracting(Layout::getVersion).containsExactly(2L, 1L);
    assertThat(history.getLayouts(0).getReason()).isEqualTo("apply plan-1, command c-4");
    assertThat(history.getCommandsList())
        .extracting(entry -> entry.getCommand().getActionCase())
        .containsExactly(
            Command.ActionCase.APPLY,
            Command.ActionCase.APPLY,
            Command.ActionCase.PLAN,
            Command.ActionCase.SET_BUDGET,
            Command.ActionCase.PAUSE);
    assertThat(history.getCommandsList())
        .extracting(AuditEntry::getError)
        .containsExactly(
            "apply: layout 2 is being applied (expected: a settled layout; wait, or cancel)",
            "",
            "",
            "",
            "");
  }

  @Test
  void whatIsKeptIsBounded() {
    begin();
    for (int i = 0; i < 1_300; i++) {
      scene.pause();
    }
    for (int i = 0; i < 20; i++) {
      scene.plan();
    }
    for (int i = 0; i < 120; i++) {
      scene.pin("user", "u", i % 2);
      scene.settle();
    }

    assertThat(scene.memory.values.keySet())
        .filteredOn(key -> key.startsWith("audit/"))
        .hasSize(1_000);
    assertThat(scene.memory.values.keySet())
        .filteredOn(key -> key.startsWith("answer"))
        .hasSize(2_000);
    assertThat(scene.memory.values.keySet()).filteredOn(key -> key.startsWith("plan/")).hasSize(8);
    assertThat(scene.memory.values.keySet())
        .filteredOn(key -> key.startsWith("layout/"))
        .hasSize(100);
    assertThat(scene.rollback(1).getError())
        .isEqualTo("version: layout 1 (expected: one of the last 100 layouts)");
  }

  // -- questions

  @Test
  void aCategoryIsExplainedByItsShard() {
    begin();

    assertThat(explain("user", "u1").getExplanation().getId()).isEqualTo("u1");
    assertThat(explain("user", "lost").getError()).isEqualTo("shard 1: moving (expected: up)");
    assertThat(explain("nobody", "u1").getError())
        .isEqualTo("table: nobody (expected: a table: item, user)");
  }

  private Reply explain(String table, String id) {
    return scene.send(
        Command.newBuilder().setExplain(ExplainCommand.newBuilder().setTable(table).setId(id)));
  }

  @Test
  void progressAndTimeLeftFollowWhatShardsHaveSwept() {
    begin();
    applied();
    scene.nowMs += 800;
    scene.send(scene.census(0, census -> census.setSweptVersion(1).setSweptShare(0.5)));

    StatusReply status = scene.status();

    // The other shard has not even seen the layout.
    assertThat(status.getProgress()).isCloseTo(0.25, within(0.01));
    assertThat(status.getRemainingMs()).isBetween(2_600L, 2_800L);
  }

  @Test
  void aCensusThatCannotBeOneIsRefused() {
    var census = scene.census(0, c -> c.setShard(2));

    assertThatThrownBy(() -> scene.send(census)).hasMessage("shard: 2 (expected: from 0 to 1)");
    var wide = scene.census(0, c -> c.getTablesBuilder(0).getBlocksBuilder(0).setDimension(16));
    assertThatThrownBy(() -> scene.send(wide)).hasMessage("dimension: 16 (expected: at most 8)");
    assertThat(scene.status().getShards()).isZero();
  }
}
