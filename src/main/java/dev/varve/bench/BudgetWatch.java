package dev.varve.bench;

import dev.varve.bench.FollowReport.BudgetUse;
import dev.varve.layout.CensusMerge;
import dev.varve.layout.RowCost;
import dev.varve.schema.Census;
import dev.varve.schema.Layout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How much of its budget each layout uses from when all rows follow it until the next one comes, by
 * the censuses of all shards.
 *
 * <p><b>Threads:</b> one.
 */
final class BudgetWatch {
  private final Map<Long, Layout> layouts;
  private final int shards;
  private final RowCost.Both costs;
  private final int dimension;
  private final LongUnaryOperator categories;
  private final CensusMerge merge = new CensusMerge();
  private final Map<Integer, Long> versions = new HashMap<>();
  private final List<BudgetUse> uses = new ArrayList<>();
  private @Nullable BudgetUse current;

  /**
   * @param layouts by version
   * @param dimension D, the widest
   * @param categories how many had occurred by a time, milliseconds
   */
  BudgetWatch(
      Map<Long, Layout> layouts,
      int shards,
      RowCost.Both costs,
      int dimension,
      LongUnaryOperator categories) {
    this.layouts = layouts;
    this.shards = shards;
    this.costs = costs;
    this.dimension = dimension;
    this.categories = categories;
  }

  /** Takes the next census. */
  void take(Census census) {
    merge.put(census);
    versions.put(census.getShard(), census.getLayoutVersion());
    long version = versions.values().stream().mapToLong(v -> v).max().orElse(0);
    Layout layout = layouts.get(version);
    if (layout == null || layout.getBudget() == 0 || !isSettled(version)) {
      return;
    }
    RowCost cost = costs.in(layout.getUnit());
    long used = merge.used(cost);
    BudgetUse before = current;
    if (before == null || before.version() != version) {
      end();
      long nowMs = merge.watermarkMs();
      long uniform = merge.fixed(cost) + categories.applyAsLong(nowMs) * cost.row(dimension);
      current = new BudgetUse(version, nowMs, layout.getBudget(), used, used, uniform);
    } else {
      current =
          new BudgetUse(
              version,
              before.settledMs(),
              before.budget(),
              before.settled(),
              Math.max(before.most(), used),
              before.uniform());
    }
  }

  /** A shard that goes on to the next layout has swept this one, and is not of it any more. */
  private boolean isSettled(long version) {
    return versions.size() == shards
        && versions.values().stream().allMatch(v -> v == version)
        && merge.settled(version, shards);
  }

  private void end() {
    if (current != null) {
      uses.add(current);
      current = null;
    }
  }

  /** Layouts that settled, in the order in which they came. */
  List<BudgetUse> uses() {
    end();
    return uses;
  }
}
