package dev.varve.layout;

import dev.varve.schema.Census;
import dev.varve.schema.Layout;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the layouts that somebody would make who knew what nobody knows yet: as those of a running
 * Varve are made, but of any census.
 *
 * <p><b>Threads:</b> any; nothing here changes.
 */
public final class Oracle {
  private final Balance.Setup setup;

  public Oracle(Balance.Setup setup) {
    this.setup = setup;
  }

  /**
   * The best layout for the rows of a census, without a version.
   *
   * @param inForce where budget and pinned categories are from
   * @return empty without a budget, and where no layout fits it
   */
  public Optional<Layout> best(Census census, Layout inForce) {
    Budget budget = Budget.of(inForce.getBudget(), inForce.getUnit());
    if (!budget.exists()) {
      return Optional.empty();
    }
    var rows = new CensusMerge();
    rows.put(census);
    var terms = new Terms(budget, inForce.getPinsList(), Map.of());
    try {
      return Optional.of(
          new Planner(setup).propose(rows, terms, setup.config().allocator(), false).build());
    } catch (OverBudgetException e) {
      return Optional.empty();
    }
  }
}
