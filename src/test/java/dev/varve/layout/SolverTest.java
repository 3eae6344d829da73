package dev.varve.layout;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.layout.Populace.Row;
import dev.varve.schema.Block;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Layout;
import dev.varve.schema.TableCensus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What every allocation must keep, checked row by row as shards would move them. */
class SolverTest {
  private static final List<Integer> LEVELS = List.of(1, 2, 4, 8, 16);
  private static final RowCost.Both COSTS = RowCost.Both.of(16, d -> 2 * (1 + d));
  private static final int CASES = 300;

  /** A question about rows, and the answer to it. */
  private static final class Solved {
    final Populace populace;
    final RowCost cost;
    final long target;
    final Bounds bounds;
    final Allocator allocator;
    final double hysteresis;
    Layout layout = Layout.getDefaultInstance();
    long used;

    Solved(RandomGenerator random, Populace populace, Bounds bounds, double hysteresis) {
      this.populace = populace;
      this.bounds = bounds;
      this.hysteresis = hysteresis;
      cost = COSTS.in(random.nextBoolean() ? BudgetUnit.BYTES : BudgetUnit.PARAMETERS);
      allocator =
          random.nextBoolean()
              ? new Allocator.Greedy()
              : new Allocator.Power(random.nextDouble(0.2, 1.5));
      CensusMerge merge = populace.merge();
      long most = merge.fixed(cost) + populace.rows.size() * cost.row(16);
      long floor = new Solver(question(merge, 0, true)).floor();
      target = floor + (long) ((most - floor) * Math.pow(random.nextDouble(), 2));
    }

    static Solved random(RandomGenerator random, double kappa) {
      double hysteresis = Cuts.wholeBins(random.nextBoolean() ? 0 : random.nextDouble(0, 0.4));
      var bounds = new Bounds(LEVELS, kappa, Cuts.band(hysteresis), Map.of(), Map.of());
      return new Solved(random, Populace.random(random, LEVELS), bounds, hysteresis);
    }

    Solver.Question question(CensusMerge merge, long room, boolean edgesOnly) {
      List<TableCensus> tables = merge.tables();
      return new Solver.Question(
          merge.view(Populace.HALF_LIFE_MS),
          Spectrum.of(tables, 16),
          Spectrum.unknown(16),
          allocator,
          cost,
          bounds,
          room,
          merge.fixed(cost),
          edgesOnly);
    }

    Solved solve(CensusMerge merge, boolean edgesOnly) throws OverBudgetException {
      var budget = new Budget(target, cost.unit());
      Allocation allocation = new Solver(question(merge, target, edgesOnly)).solve(budget);
      var written = Layout.newBuilder();
      allocation.into(written, Populace.SCALE);
      layout = written.build();
      used = allocation.used();
      return this;
    }

    List<Block> blocks(String table) {
      return layout.containsTables(table)
          ? layout.getTablesOrThrow(table).getBlocksList()
          : layout.getDefaultBlocksList();
    }

    int under(Row row) {
      return row.under(blocks(row.table()), hysteresis);
    }

    /** What rows use when shards have moved every one. */
    long used() {
      long sum = populace.merge().fixed(cost);
      for (Row row : populace.rows) {
        sum += cost.row(under(row));
      }
      return sum;
    }
  }

  @Test
  void thresholdsOnEdgesNeverGoOverTheTargetAndCountEveryRowExactly() {
    forAll(
        CASES,
        random -> {
          Solved solved = Solved.random(random, 0);
          solved.solve(solved.populace.merge(), true);

          assertThat(solved.used()).isLessThanOrEqualTo(solved.target).isEqualTo(solved.used);
        });
  }

  @Test
  void theCountIsNeverOverTheTargetAndUsesItWhereRowsCouldUseMore() {
    forAll(
        CASES,
        random -> {
          Solved solved = Solved.random(random, 0);
          solved.solve(solved.populace.merge(), false);

          assertThat(solved.used).isLessThanOrEqualTo(solved.target);
          boolean all = solved.populace.rows.stream().allMatch(row -> solved.under(row) == 16);
          if (!all && solved.target > 100 * solved.cost.row(16)) {
            assertThat(solved.used).isGreaterThanOrEqualTo((long) (0.98 * solved.target));
          }
        });
  }

  @Test
  void thresholdsRiseWithTheDimension() {
    forAll(
        CASES,
        random -> {
          Solved solved = Solved.random(random, random.nextBoolean() ? 0 : 1);
          solved.solve(solved.populace.merge(), false);

          for (String table : solved.populace.merge().tableNames()) {
            assertThat(solved.blocks(table))
                .isSortedAccordingTo(Comparator.comparingDouble(Block::getThreshold))
                .isSortedAccordingTo(Comparator.comparingInt(Block::getDimension))
                .extracting(Block::getThreshold)
                .doesNotHaveDuplicates();
          }
        });
  }

  @Test
  void ofRowsWithOneDimensionAMorePopularOneNeverGetsLess() {
    forAll(
        CASES,
        random -> {
          Solved solved = Solved.random(random, 0);
          solved.solve(solved.populace.merge(), false);

          Map<String, List<Row>> alike = new HashMap<>();
          for (Row row : solved.populace.rows) {
            alike.computeIfAbsent(row.table() + row.dimension(), _ -> new ArrayList<>()).add(row);
          }
          for (List<Row> rows : alike.values()) {
            rows.sort(Comparator.comparingDouble(Row::popularity));
            assertThat(rows).extracting(solved::under).isSorted();
          }
        });
  }

  @Test
  void howRowsAreDealtOutToShardsChangesNothing() {
    forAll(
        CASES,
        random -> {
          Solved solved = Solved.random(random, 1);
          Layout one = solved.solve(solved.populace.merge(), false).layout;
          var dealt = new CensusMerge();
          solved.populace.censuses(random.nextInt(2, 9), random).forEach(dealt::put);

          assertThat(solved.solve(dealt, false).layout).isEqualTo(one);
        });
  }

  @Test
  void noBlockIsWiderThanPopularitySupports() {
    forAll(
        CASES,
        random -> {
          double kappa = random.nextDouble(0.1, 4);
          Solved solved = Solved.random(random, kappa);
          solved.solve(solved.populace.merge(), false);

          for (String table : solved.populace.merge().tableNames()) {
            for (Block block : solved.blocks(table)) {
              assertThat(block.getThreshold())
                  .isGreaterThanOrEqualTo(block.getDimension() / kappa * (1 - 1e-9));
            }
          }
        });
  }

  @Test
  void theLeastAndTheMostDimensionOfATableAreKept() {
    forAll(
        CASES,
        random -> {
          double hysteresis = Cuts.wholeBins(0.1);
          var bounds =
              new Bounds(
                  LEVELS,
                  1,
                  Cuts.band(hysteresis),
                  Map.of("t0", 2, "t3", 8),
                  Map.of("t0", 8, "t1", 4, "t2", 0, "t3", 8));
          var solved = new Solved(random, Populace.random(random, LEVELS), bounds, hysteresis);
          solved.solve(solved.populace.merge(), false);

          for (Row row : solved.populace.rows) {
            int under = solved.under(row);
            switch (row.table()) {
              case "t0" -> assertThat(under).isBetween(2, 8);
              case "t1" -> assertThat(under).isLessThanOrEqualTo(4);
              case "t2" -> assertThat(under).isZero();
              case "t3" -> assertThat(under).isEqualTo(8);
              default -> assertThat(under).isLessThanOrEqualTo(16);
            }
          }
          assertThat(solved.used).isLessThanOrEqualTo(solved.target);
        });
  }

  @Test
  void aTargetBelowTheLeastLayoutIsRefusedWithTheNumber() {
    var populace = new Populace();
    populace.rows.add(new Row("a", 1, 5));
    populace.rows.add(new Row("a", 0, 5));
    var merge = populace.merge();
    var cost = COSTS.parameters();
    var question =
        new Solver.Question(
            merge.view(Populace.HALF_LIFE_MS),
            Map.of(),
            Spectrum.unknown(16),
            new Allocator.Greedy(),
            cost,
            new Bounds(LEVELS, 1, 0, Map.of("a", 2), Map.of()),
            261,
            merge.fixed(cost),
            false);
    var solver = new Solver(question);

    assertThat(solver.floor()).isEqualTo(16 * 16 + 2 * 3);
    assertThatThrownBy(() -> solver.solve(new Budget(265, BudgetUnit.PARAMETERS)))
        .isInstanceOf(OverBudgetException.class)
        .hasMessage(
            "budget: 265 parameters (expected: at least 266 parameters: bases, pins, least"
                + " dimensions and the tail use 262 parameters, and 4 parameters of the budget is"
                + " for rows that come until the next layout)");
  }

  @Test
  void withRoomForAllEveryRowHasTheWidestDimension() throws OverBudgetException {
    var populace = new Populace();
    populace.rows.add(new Row("a", 1, 0.001));
    populace.rows.add(new Row("b", 0, 5));
    var merge = populace.merge();
    var cost = COSTS.bytes();
    var question =
        new Solver.Question(
            merge.view(Populace.HALF_LIFE_MS),
            Map.of(),
            Spectrum.unknown(16),
            new Allocator.Power(0.75),
            cost,
            new Bounds(LEVELS, 0, 0, Map.of(), Map.of()),
            1 << 20,
            merge.fixed(cost),
            false);
    var layout = Layout.newBuilder();

    new Solver(question).solve(new Budget(1 << 20, BudgetUnit.BYTES)).into(layout, Populace.SCALE);

    assertThat(layout.build())
        .isEqualTo(Layouts.first(16).toBuilder().clearVersion().clearBaseDimension().build());
  }
}
