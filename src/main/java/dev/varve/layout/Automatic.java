package dev.varve.layout;

import dev.varve.schema.Layout;
import dev.varve.schema.Phase;
import dev.varve.schema.Plan;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rebalances without being asked: at once when a settled layout uses more than the budget, and
 * every {@code rebalance.every} when that gains enough, when rows could use what is left free, or
 * when rows wait for room that a new layout takes from those that have faded. Never while a layout
 * is being applied, and never while paused.
 */
final class Automatic {
  /** Below this share of the budget it is looked for rows that could use the rest. */
  private static final double USED_ENOUGH = 0.97;

  /** Share of the budget that a layout must use more, to be put into force for that. */
  private static final double WORTH_USING = 0.01;

  private static final Logger log = LoggerFactory.getLogger(Automatic.class);

  private final Standing standing;

  Automatic(Standing standing) {
    this.standing = standing;
  }

  /**
   * Decides on the census as it is.
   *
   * @param settles whether every row follows the layout since this census: one that turns out over
   *     the budget is corrected before anyone sees it settled, also while paused, unless it went
   *     back to an earlier one
   */
  void look(boolean settles, long atMs) {
    if (standing.state.getApplying() || !standing.complete()) {
      return;
    }
    Budget budget = standing.budget();
    boolean isOver = budget.exists() && standing.used() > budget.amount();
    boolean corrects = settles && isOver && standing.state.getOutcome() == Phase.SETTLED;
    boolean isDue = isDue(atMs);
    boolean mayLook = !standing.state.getPaused() && (isOver || isDue);
    if (!corrects && !mayLook) {
      return;
    }
    if (isDue) {
      standing.looked(atMs);
    }
    try {
      rebalance(budget, isOver, isDue, atMs);
    } catch (OverBudgetException e) {
      log.warn("no layout fits: {}", e.getMessage());
    }
  }

  private void rebalance(Budget budget, boolean isOver, boolean isDue, long atMs)
      throws OverBudgetException {
    Allocator.Kind kind = standing.setup.config().allocator();
    Layout.Builder layout =
        standing.planner.propose(standing.census, standing.terms(), kind, isOver);
    // The same again lets shards fit it to their rows anew; at once it would only find the same.
    boolean isWorthless = !isDue || (standing.census.held() == 0 && !isOver);
    if (isWorthless && isSame(layout, standing.layout())) {
      return;
    }
    reason(layout, budget, isOver)
        .ifPresent(reason -> standing.publish(layout, Phase.SETTLED, reason, atMs));
  }

  /** Why a layout should come into force; empty when it should not. */
  private Optional<String> reason(Layout.Builder layout, Budget budget, boolean isOver) {
    String use = "%d of %s used".formatted(standing.used(), budget);
    if (isOver) {
      return Optional.of("over the budget: " + use);
    }
    long held = standing.census.held();
    if (held > 0) {
      return Optional.of("%d moves held back".formatted(held));
    }
    Planner planner = standing.planner;
    Layout inForce = standing.layout();
    if (!planner.keepsBounds(standing.census, inForce, standing.terms())) {
      return Optional.of("least and most dimensions of tables");
    }
    if (!layout.getTail().equals(inForce.getTail())) {
      return Optional.of("the tail is another");
    }
    Plan plan =
        planner
            .plan(standing.census, inForce, layout.build(), standing.terms(), standing.rowsPerSec())
            .build();
    double before = plan.getCapturedBefore().getValue();
    double gain = plan.getGain().getValue();
    if (gain > 0 && gain >= standing.setup.config().minGain() * before) {
      return Optional.of("captured energy %.4f to %.4f".formatted(before, before + gain));
    }
    return isIdle(budget, plan) ? Optional.of("room to use: " + use) : Optional.empty();
  }

  private static boolean isIdle(Budget budget, Plan plan) {
    return budget.exists()
        && plan.getUsedBefore() < USED_ENOUGH * budget.amount()
        && plan.getUsedAfter() - plan.getUsedBefore() >= WORTH_USING * budget.amount();
  }

  private static boolean isSame(Layout.Builder layout, Layout inForce) {
    return layout.getDefaultBlocksList().equals(inForce.getDefaultBlocksList())
        && layout.getTablesMap().equals(inForce.getTablesMap())
        && layout.getPinsList().equals(inForce.getPinsList())
        && layout.getBudget() == inForce.getBudget()
        && layout.getUnit() == inForce.getUnit()
        && layout.getTail().equals(inForce.getTail());
  }

  private boolean isDue(long atMs) {
    Every every = standing.setup.config().every();
    long since =
        switch (every.clock()) {
          case EXAMPLES -> standing.census.examples() - standing.state.getLookedExamples();
          case EVENT_TIME -> standing.census.watermarkMs() - standing.state.getLookedEventMs();
          case WALL_TIME -> atMs - standing.state.getLookedWallMs();
        };
    return since >= every.amount();
  }
}
