package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.bench.FollowReport;
import dev.varve.bench.FollowReport.BudgetUse;
import dev.varve.bench.FollowReport.Followed;
import dev.varve.bench.FollowReport.Judged;
import dev.varve.bench.FollowReport.Miss;
import dev.varve.bench.Hits;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FollowPageTest {
  private static final Judged ORACLE =
      new Judged(
          new Hits(1_000, 810, 600),
          new Hits(1_000, 900, 700),
          new Hits(1_000, 400, 300),
          Map.of(Miss.FIRST, 40L, Miss.BELOW_RULE, 150L),
          new TreeMap<>(Map.of(4, new TreeMap<>(Map.of(4, 600L, 8, 210L, 16, 190L)))));
  private static final Judged RATE =
      new Judged(
          new Hits(1_000, 500, 400),
          new Hits(1_000, 500, 400),
          new Hits(1_000, 500, 400),
          Map.of(),
          new TreeMap<>());

  private static FollowReport report(List<BudgetUse> budgets) {
    Followed followed = new Followed(RATE, ORACLE);
    return new FollowReport(
        new TreeMap<>(Map.of("user", followed)), followed, 1_000, 7, 0, 3, budgets);
  }

  @Test
  void theTextSaysWhoMissedAndWhy() {
    String text =
        FollowPage.text(
            report(
                List.of(
                    new BudgetUse(2, 1, 100, 99, 101, 990),
                    new BudgetUse(3, 2, 100, 90, 95, 1800))));

    assertThat(text)
        .containsPattern("user +1,000 +81.0 % +60.0 % +90.0 % +70.0 % +40.0 % +30.0 %")
        .contains("goal: all, within one level at least 80.0 %: met")
        .containsPattern("user +1,000 +50.0 % +40.0 %")
        .containsPattern("user +4.0 % +15.0 % +0.0 % +0.0 % +0.0 %")
        .contains("not judged: 7 at the end of the log")
        .contains("settled layouts above 100 % at some time: 1; goal none: MISSED")
        .contains("settled layouts below 98.0 %: 1; goal none: MISSED")
        .contains("categories would use: lowest 10.0, median 20.0, highest 20.0 times");
  }

  @Test
  void theJsonHasTheDistribution() {
    ObjectNode json = FollowPage.json(report(List.of()));

    assertThat(json.at("/all/byOracle/live/within").asDouble()).isEqualTo(0.81);
    assertThat(json.at("/tables/user/byOracle/misses/below").asLong()).isEqualTo(150);
    assertThat(json.at("/tables/user/byOracle/earnedByFound/4/16").asLong()).isEqualTo(190);
    assertThat(json.at("/all/byNextHour/static/exact").asDouble()).isEqualTo(0.4);
    assertThat(json.at("/budget/settled").asInt()).isZero();
  }
}
