package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.bench.FollowReport.BudgetUse;
import dev.varve.layout.RowCost;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Census;
import dev.varve.schema.Layout;
import dev.varve.schema.TableCensus;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Parameters: rows of dimension 4 cost 5, of dimension 1 cost 2, the basis of the table 16. */
class BudgetWatchTest {
  private final BudgetWatch watch =
      new BudgetWatch(
          Map.of(2L, layout(2), 3L, layout(3)),
          2,
          RowCost.Both.of(4, dimension -> 3 + dimension),
          4,
          ms -> ms / 100);

  private static Layout layout(long version) {
    return Layout.newBuilder()
        .setVersion(version)
        .setBudget(100)
        .setUnit(BudgetUnit.PARAMETERS)
        .build();
  }

  private static Census census(int shard, long version, long swept, int dimension, long rows) {
    return Census.newBuilder()
        .setShard(shard)
        .setWatermarkMs(1_000 * version + rows)
        .setLayoutVersion(version)
        .setSweptVersion(swept)
        .addTables(
            TableCensus.newBuilder()
                .setTable("t")
                .addBlocks(BlockCensus.newBuilder().setDimension(dimension).setRows(rows)))
        .build();
  }

  @Test
  void aLayoutCountsFromWhenAllShardsHaveSweptItUntilTheNextComes() {
    watch.take(census(0, 2, 2, 4, 10));
    watch.take(census(1, 2, 1, 1, 40)); // on its way
    watch.take(census(1, 2, 2, 1, 12)); // settled: 16 + 50 + 24
    watch.take(census(1, 2, 2, 1, 20)); // grown: 16 + 50 + 40
    watch.take(census(1, 2, 2, 1, 13));
    watch.take(census(0, 3, 2, 4, 30)); // the next one
    watch.take(census(0, 3, 3, 4, 13)); // of both layouts
    watch.take(census(1, 3, 3, 1, 9)); // settled: 16 + 65 + 18

    assertThat(watch.uses())
        .containsExactly(
            new BudgetUse(2, 2_012, 100, 90, 106, 16 + 20 * 5),
            new BudgetUse(3, 3_013, 100, 99, 99, 16 + 30 * 5));
  }

  @Test
  void withoutABudgetNothingIsJudged() {
    var unbounded =
        new BudgetWatch(
            Map.of(2L, layout(2).toBuilder().clearBudget().build()),
            1,
            RowCost.Both.of(4, dimension -> 3 + dimension),
            4,
            _ -> 0);
    unbounded.take(census(0, 2, 2, 4, 10));

    assertThat(unbounded.uses()).isEmpty();
  }

  @Test
  void aReportSaysHowMuchIsUsedAndHowOftenTooMuchOrTooLittle() {
    var report =
        new FollowReport(
            new TreeMap<>(),
            FollowReport.Followed.NONE,
            0,
            0,
            0,
            4,
            List.of(
                new BudgetUse(2, 1, 100, 99, 101, 990),
                new BudgetUse(3, 2, 100, 90, 95, 1800),
                new BudgetUse(4, 3, 100, 98, 100, 1470)));

    assertThat(report.budgetUse(0).map(BudgetUse::share)).contains(0.9);
    assertThat(report.budgetUse(0.5).map(BudgetUse::share)).contains(0.98);
    assertThat(report.budgetUse(1).map(BudgetUse::share)).contains(0.99);
    assertThat(report.byRatio(0).map(BudgetUse::ratio)).contains(10.0);
    assertThat(report.byRatio(0.5).map(BudgetUse::ratio)).contains(15.0);
    assertThat(report.byRatio(1).map(BudgetUse::ratio)).contains(20.0);
    assertThat(report.over()).isEqualTo(1);
    assertThat(report.below(0.98)).isEqualTo(1);
  }
}
