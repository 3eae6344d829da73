package dev.varve.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Layout;
import dev.varve.schema.Plan;
import dev.varve.schema.Tail;
import dev.varve.schema.TailEncoding;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The tail in layouts and in the budget. */
class TailPlanTest {
  private static final long BUDGET = 8_000;
  private static final int ROWS = 50;
  private static final int DIMENSION = 4;

  /** Two tables in two shards, 1 + 4 parameters a row. */
  private static final long TAIL = 2 * 2 * ROWS * (1 + DIMENSION);

  private static RebalanceConfig config(TailKind tail, int rows, Map<String, Integer> least) {
    RebalanceConfig c = Scene.CONFIG;
    return new RebalanceConfig(
        Budget.of(BUDGET, BudgetUnit.PARAMETERS),
        c.every(),
        c.minGain(),
        c.allocator(),
        c.alpha(),
        c.levels(),
        c.hysteresis(),
        c.kappa(),
        least,
        c.maxDimension(),
        c.growth(),
        c.keep(),
        c.expire(),
        c.planTtl(),
        c.step(),
        tail,
        rows,
        DIMENSION);
  }

  private static Scene scene(TailKind tail, int rows, Map<String, Integer> least) {
    var scene = new Scene(config(tail, rows, least));
    scene.pause();
    scene.censuses();
    return scene;
  }

  @Test
  void theWholeTailCountsInPlanAndStatus() {
    Scene scene = scene(TailKind.QR, ROWS, Map.of());
    assertThat(scene.layout.hasTail()).as("the first layout has one").isFalse();
    assertThat(scene.status().getTailUsed()).isZero();

    Plan plan = scene.planned();
    assertThat(plan.getLayout().getTail())
        .isEqualTo(
            Tail.newBuilder()
                .setEncoding(TailEncoding.QR)
                .setDimension(DIMENSION)
                .setRows(ROWS)
                .build());
    assertThat(plan.getTailBefore()).isZero();
    assertThat(plan.getTailAfter()).isEqualTo(TAIL);
    assertThat(scene.apply(plan.getId()).getError()).isEmpty();
    scene.settle();

    long rows = scene.used(RowCost.parameters(8));
    assertThat(rows + TAIL).isEqualTo(plan.getUsedAfter()).isBetween(BUDGET * 95 / 100, BUDGET);
    assertThat(scene.status().getUsed()).isEqualTo(rows + TAIL);
    assertThat(scene.status().getTailUsed()).isEqualTo(TAIL);
    assertThat(scene.planned().getTailBefore()).isEqualTo(TAIL);
    assertThat(scene.planned().getUsedBefore()).isEqualTo(rows + TAIL);
  }

  @Test
  void learnedSharedRowsAreTold() {
    Scene scene = scene(TailKind.HASH, ROWS, Map.of());
    scene.send(scene.census(0, census -> census.setTailRows(30)));
    scene.send(scene.census(1, census -> census.setTailRows(12)));

    assertThat(scene.status().getTailRows()).isEqualTo(42);
  }

  @Test
  void aTableWhoseRowsAllHaveALeastDimensionHasNoTail() {
    Scene scene = scene(TailKind.HASH, ROWS, Map.of("item", 1));

    Plan plan = scene.planned();

    assertThat(plan.getTailAfter()).isEqualTo(TAIL / 2);
    assertThat(Layouts.hasTail(plan.getLayout(), "item")).isFalse();
    assertThat(Layouts.hasTail(plan.getLayout(), "user")).isTrue();
    assertThat(Layouts.hasTail(plan.getLayout(), Layouts.SHARED_ROWS)).isFalse();
  }

  @Test
  void aTailThatDoesNotFitIsRefusedWithTheReason() {
    Scene scene = scene(TailKind.HASH, 1_000, Map.of());

    assertThat(scene.plan().getError())
        .startsWith("budget: 8000 parameters (expected: at least 20")
        .contains("bases, pins, least dimensions and the tail use 20128 parameters");
    assertThat(scene.status().getLayoutVersion()).isEqualTo(1);
  }

  @Test
  void aRollbackBringsTheTailOfItsVersionBack() {
    Scene scene = scene(TailKind.HASH, ROWS, Map.of());
    scene.apply(scene.planned().getId());
    scene.settle();
    Layout withTail = scene.layout;
    scene.config = config(TailKind.QR, ROWS, Map.of());
    scene.restarted();
    scene.apply(scene.planned().getId());
    scene.settle();
    assertThat(scene.layout.getTail().getEncoding()).isEqualTo(TailEncoding.QR);

    assertThat(scene.rollback(withTail.getVersion()).getError()).isEmpty();
    assertThat(scene.layout.getTail()).isEqualTo(withTail.getTail());
    scene.settle();
    assertThat(scene.rollback(1).getError()).isEmpty();
    assertThat(scene.layout.hasTail()).isFalse();
  }

  @Test
  void anotherConfiguredTailComesIntoForceWithoutBeingAsked() {
    Scene scene = scene(TailKind.NONE, ROWS, Map.of());
    scene.resume();
    scene.settle();
    long version = scene.layout.getVersion();
    scene.config = config(TailKind.HASH, ROWS, Map.of());
    scene.restarted();

    scene.examples += 2_000;
    scene.settle();

    assertThat(scene.layout.getVersion()).isGreaterThan(version);
    assertThat(scene.layout.getTail().getEncoding()).isEqualTo(TailEncoding.HASH);
    assertThat(scene.status().getUsed()).isLessThanOrEqualTo(BUDGET);
    version = scene.layout.getVersion();
    scene.examples += 2_000;
    scene.settle();
    assertThat(scene.layout.getVersion()).as("once").isEqualTo(version);
  }

  @Test
  void aTailThatIsWiderThanTheModelIsRefused() {
    assertThatThrownBy(
            () ->
                new Balance.Setup(
                    2, 1, 1_000, Scene.COSTS, 1, config(TailKind.HASH, ROWS, Map.of())))
        .hasMessage("rebalance.tail-dimension: 4 (expected: at most model.dimension = 2)");
  }
}
