package dev.varve.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.layout.Populace.Row;
import dev.varve.schema.Block;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Census;
import dev.varve.schema.Explanation;
import dev.varve.schema.Layout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A stream whose popular categories change, and shards that do what layouts say: censuses and
 * layouts come late, touched rows move at once within the shard's quota, all others when a layout
 * comes.
 */
class DriftTest {
  private static final int SHARDS = 2;
  private static final int EVENTS = 400_000;
  private static final int CENSUS_EVERY = 2_000;
  private static final int CATEGORIES = 20_000;
  private static final long MS_PER_EVENT = 50;
  private static final long HALF_LIFE_MS = Populace.HALF_LIFE_MS;
  private static final long BUDGET = 300_000;
  private static final RowCost COST = Scene.COSTS.bytes();

  /** One category of one shard. */
  private static final class Counted {
    double popularity;
    long timeMs;
    int dimension;

    double at(long nowMs) {
      return popularity * Math.pow(2, -(double) (nowMs - timeMs) / HALF_LIFE_MS);
    }
  }

  /** A shard as far as budgets see it. */
  private static final class Shard {
    final int number;
    final Map<Integer, Counted> rows = new TreeMap<>();
    Layout layout = Layouts.first(8);
    long used;
    double price = 1;
    long watermarkMs;

    Shard(int number) {
      this.number = number;
    }

    void touch(int category, long nowMs) {
      watermarkMs = nowMs;
      Counted row = rows.computeIfAbsent(category, _ -> new Counted());
      row.popularity = row.at(nowMs) + 1;
      row.timeMs = nowMs;
      int to = under(row, nowMs);
      long growth = COST.row(to) - COST.row(row.dimension);
      if (growth <= 0 || used + growth <= layout.getQuotasOrDefault(number, Long.MAX_VALUE)) {
        row.dimension = to;
        used += growth;
      }
    }

    /** At the least price with which the rows leave the slack free. */
    void follow(Layout next) {
      layout = next;
      long most = next.getQuotasOrDefault(number, Long.MAX_VALUE) - next.getSlack();
      price = 0.7;
      while (rows.values().stream().mapToLong(row -> COST.row(under(row, watermarkMs))).sum()
          > most) {
        price *= 1.01;
      }
      rows.values().forEach(row -> row.dimension = under(row, watermarkMs));
      used = 0;
      rows.values().forEach(row -> used += COST.row(row.dimension));
    }

    int under(Counted row, long nowMs) {
      List<Block> blocks = Planner.blocks(layout, "t");
      return new Row("t", row.dimension, row.at(nowMs) / price)
          .under(blocks, layout.getHysteresis());
    }

    Census census(long examples) {
      List<Row> now = new ArrayList<>();
      // A census holds grades, which do not depend on when it is made.
      double later = Math.pow(2, -(double) (watermarkMs - Populace.WATERMARK_MS) / HALF_LIFE_MS);
      rows.values()
          .forEach(row -> now.add(new Row("t", row.dimension, row.at(watermarkMs) / later)));
      return Populace.census(number, now).toBuilder()
          .setWatermarkMs(watermarkMs)
          .setExamples(examples)
          .setLayoutVersion(layout.getVersion())
          .setSweptVersion(layout.getVersion())
          .build();
    }
  }

  private final List<Shard> shards = List.of(new Shard(0), new Shard(1));
  private final List<Double> settled = new ArrayList<>();
  private int corrections;

  @ParameterizedTest
  @EnumSource
  void settledLayoutsNeverExceedTheBudgetAndUseIt(Allocator.Kind kind) {
    var random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    var balance =
        new Balance(setup(kind), new MapMemory(), (_, _) -> Explanation.getDefaultInstance());
    balance.begin(0);
    List<Layout> onTheirWay = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      long nowMs = Populace.WATERMARK_MS + i * MS_PER_EVENT;
      int category = category(random, i);
      shards.get(category % SHARDS).touch(category, nowMs);
      if (i % CENSUS_EVERY == CENSUS_EVERY / 2 && !onTheirWay.isEmpty()) {
        Layout next = onTheirWay.removeFirst();
        corrections += next.getReason().startsWith("over the budget") ? 1 : 0;
        shards.forEach(shard -> shard.follow(next));
      }
      if (i % CENSUS_EVERY == 0 && i > 0) {
        for (Shard shard : shards) {
          onTheirWay.addAll(balance.census(shard.census(i / SHARDS), nowMs));
        }
        if (shards.getFirst().layout.getVersion() > 1 && onTheirWay.isEmpty()) {
          settled.add((double) used() / BUDGET);
        }
      }
    }
    assertThat(settled)
        .hasSizeGreaterThan(100)
        .allSatisfy(use -> assertThat(use).isLessThanOrEqualTo(1.0));
    // The first is one: nothing bounded the rows before.
    assertThat(corrections).isBetween(1, 10);
    double mean = settled.stream().mapToDouble(use -> use).average().orElse(0);
    assertThat(mean).isGreaterThan(0.98);
    assertThat(shards.getFirst().layout.getVersion()).isGreaterThan(20);
  }

  private long used() {
    long used = COST.basis();
    for (Shard shard : shards) {
      for (Counted row : shard.rows.values()) {
        used += COST.row(row.dimension);
      }
    }
    return used;
  }

  /** Zipf, and every 40,000 events a third of the categories change places. */
  private static int category(RandomGenerator random, int event) {
    int rank = (int) Math.min(CATEGORIES - 1, Math.exp(random.nextDouble() * Math.log(CATEGORIES)));
    int epoch = event / 40_000;
    return rank % 3 == 0 ? (rank + epoch * 7_919) % CATEGORIES : rank;
  }

  private static Balance.Setup setup(Allocator.Kind kind) {
    var config =
        new RebalanceConfig(
            Budget.of(BUDGET, BudgetUnit.BYTES),
            new Every(5_000, Every.Clock.EXAMPLES),
            0.001,
            kind,
            0.75,
            List.of(1, 2, 4, 8),
            0.1,
            0,
            Map.of(),
            Map.of(),
            0.01,
            Duration.ofHours(1),
            0.01,
            Duration.ofMinutes(10),
            Duration.ofMillis(5),
            TailKind.NONE,
            1024,
            4);
    return new Balance.Setup(8, SHARDS, HALF_LIFE_MS, Scene.COSTS, 100_000, config);
  }
}
