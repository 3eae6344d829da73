package dev.varve.bench;

import dev.varve.layout.Balance;
import dev.varve.layout.Oracle;
import dev.varve.layout.RebalanceConfig;
import dev.varve.layout.RowCost;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Layout;
import dev.varve.table.Popularity;
import java.time.Duration;

/** Rows of at most 8 dimensions, of which one, beside the basis, is all that the budget has. */
final class OracleScene {
  static final Popularity DECAY = new Popularity(Duration.ofHours(1).toMillis());

  private OracleScene() {}

  /**
   * A budget for a basis, 64, a row of dimension 8, 9, what rows may grow by, 1, and too little
   * more.
   */
  static Layout budget(Layout layout) {
    return layout.toBuilder().setUnit(BudgetUnit.PARAMETERS).setBudget(64 + 9 + 1 + 1).build();
  }

  static HourlyOracle oracle(int shards) {
    var costs = RowCost.Both.of(8, dimension -> 3 + dimension);
    var setup = new Balance.Setup(8, 1, DECAY.halfLifeMs(), costs, 1, RebalanceConfig.defaults());
    return new HourlyOracle(8, shards, DECAY, new Oracle(setup));
  }
}
