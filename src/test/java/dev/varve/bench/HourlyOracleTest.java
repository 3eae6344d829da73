package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.layout.Layouts;
import dev.varve.layout.TableRule;
import dev.varve.schema.Layout;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HourlyOracleTest {
  private static final long BEGIN_MS = Duration.ofDays(20_000).toMillis();
  private static final Layout LAYOUT =
      OracleScene.budget(Layouts.first(8)).toBuilder().setVersion(2).build();

  private final HourlyOracle oracle = OracleScene.oracle(2);

  private static long at(long minute) {
    return BEGIN_MS + Duration.ofMinutes(minute).toMillis();
  }

  private void come(int shard, long minute, long key, int occurrences) {
    oracle.take(
        shard,
        UpdateBatch.newBuilder()
            .setEventTimeMs(at(minute))
            .addTables(
                TableUpdate.newBuilder()
                    .setTable("t")
                    .addKeys(key)
                    .addOccurrences(occurrences)
                    .addEventTimeOffsetsMs(0))
            .build());
  }

  private void follow(Layout layout) {
    for (int shard = 0; shard < 2; shard++) {
      oracle.take(shard, UpdateBatch.newBuilder().setLayout(layout).build());
    }
  }

  private int earned(long minute, double popularity) {
    TableRule rule = oracle.rule("t", at(minute)).orElseThrow();
    return rule.dimension(1, 0, popularity);
  }

  @Test
  void whoIsMostPopularAtTheHourOverAllShardsGetsTheBudget() {
    follow(LAYOUT);
    come(0, 10, 1, 64);
    come(1, 20, 2, 1);
    come(1, 70, 2, 1_000);
    come(0, 130, 1, 1);
    oracle.end();

    // At 01:00 they have 35.9 and 0.63; at 02:00 18 and 561.
    assertThat(earned(60, 35)).isEqualTo(8);
    assertThat(earned(119, 0.5)).isZero();
    assertThat(earned(120, 560)).isEqualTo(8);
    assertThat(earned(120, 16)).isZero();
  }

  @Test
  void withoutABudgetAndBeforeTheFirstHourItHasNothingToSay() {
    follow(LAYOUT.toBuilder().clearBudget().clearUnit().build());
    come(0, 10, 1, 64);
    come(0, 70, 1, 1);
    oracle.end();

    assertThat(oracle.rule("t", at(60))).isEmpty();
    assertThat(oracle.rule("t", at(10))).isEmpty();
  }
}
