package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.bench.FollowReport.Followed;
import dev.varve.bench.FollowReport.Judged;
import dev.varve.bench.FollowReport.Miss;
import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * With a half-life of an hour, n occurrences in the next hour earn a popularity of n / ln 2 = 1.44
 * n: under the blocks from 1, 2 and 4 on, none earns dimension 0, one 2, two 4, and three 8.
 */
class FollowedShardTest {
  private static final long BEGIN_MS = Duration.ofDays(20_000).toMillis();
  private static final Layout LAYOUT =
      Layout.newBuilder()
          .setVersion(2)
          .setBaseDimension(8)
          .addDefaultBlocks(block(2, 1))
          .addDefaultBlocks(block(4, 2))
          .addDefaultBlocks(block(8, 4))
          .build();

  private static Block block(int dimension, double threshold) {
    return Block.newBuilder().setDimension(dimension).setThreshold(threshold).build();
  }

  private final HourlyOracle oracle = OracleScene.oracle(1);
  private final FollowedShard shard =
      new FollowedShard(8, OracleScene.DECAY, Duration.ofHours(2), oracle);

  private static UpdateBatch follow(Layout layout) {
    return UpdateBatch.newBuilder().setLayout(layout).build();
  }

  private static UpdateBatch update(long minute, long key, int occurrences, int dimension) {
    return UpdateBatch.newBuilder()
        .setEventTimeMs(BEGIN_MS + Duration.ofMinutes(minute).toMillis() + 7)
        .addTables(
            TableUpdate.newBuilder()
                .setTable("t")
                .addKeys(key)
                .addOccurrences(occurrences)
                .addEventTimeOffsetsMs(-7)
                .addDimensions(dimension))
        .build();
  }

  private static UpdateBatch foreseen(UpdateBatch update, int dimension) {
    TableUpdate.Builder table = update.getTables(0).toBuilder();
    table.addFound(table.getDimensions(0)).setDimensions(0, dimension);
    return update.toBuilder().setTables(0, table).build();
  }

  /**
   * Category 1 has popularity 8 / 4 = 2 at the end of the warm-up, and so dimension 4 under a
   * layout made then; the others are unknown then.
   */
  private static List<UpdateBatch> log() {
    return List.of(
        update(0, 1, 8, 8),
        update(120, 1, 1, 8), // 4 follow until 180: 8, found; static one below
        // What it was learned for is not what it found.
        foreseen(update(130, 1, 1, 8), 4), // 3 follow: 8, found; static one below
        update(150, 1, 2, 4), // 1 follows: 2, one below what was found; static the same
        update(180, 1, 1, 2), // none: 0, one below what was found; static two above
        update(181, 2, 1, 1), // none: 0; no block has the 1, which is between 0 and 2; static right
        update(250, 2, 1, 4), // none: 0, two below what was found; static right
        update(310, 3, 1, 0)); // its hour is not in the log
  }

  private Followed judged() {
    shard.end();
    assertThat(shard.judged()).isEqualTo(7);
    assertThat(shard.unjudged()).isEqualTo(1);
    assertThat(shard.late()).isZero();
    assertThat(shard.followed()).containsOnlyKeys("t");
    return followed();
  }

  private Followed followed() {
    return Objects.requireNonNull(shard.followed().get("t"));
  }

  private void assertFollowed() {
    Followed followed = judged();
    assertThat(followed.rate().live()).isEqualTo(new Hits(7, 6, 2));
    assertThat(followed.rate().fixed()).isEqualTo(new Hits(7, 6, 2));
    // Before them category 1 has 2, 2.67, 2.91 and 3.48, so 4 four times; the other 0 and 0.45.
    assertThat(followed.rate().instant()).isEqualTo(new Hits(7, 6, 2));
    assertThat(followed.rate().misses()).isEqualTo(Map.of(Miss.ABOVE_RULE, 1L));
    assertThat(followed.rate().byFound())
        .isEqualTo(
            Map.of(1, Map.of(0, 1L), 2, Map.of(0, 1L), 4, Map.of(0, 1L, 2, 2L), 8, Map.of(8, 2L)));
    // Without a budget an oracle has nothing to say.
    assertThat(followed.oracle()).isEqualTo(FollowReport.Judged.NONE);
  }

  @Test
  void whatWasFoundIsComparedWithWhatTheNextHourEarns() {
    shard.take(follow(LAYOUT));
    log().forEach(shard::take);

    assertFollowed();
    assertThat(shard.layouts()).isEqualTo(Map.of(2L, LAYOUT));
    long secondMs = BEGIN_MS + Duration.ofMinutes(181).toMillis();
    assertThat(shard.categories(BEGIN_MS - 1)).isZero();
    assertThat(shard.categories(secondMs - 1)).isEqualTo(1);
    assertThat(shard.categories(secondMs)).isEqualTo(2);
    assertThat(shard.categories(Long.MAX_VALUE)).isEqualTo(3);
  }

  @Test
  void updatesThatComeOutOfTheOrderOfTimeArePutBackIntoIt() {
    List<UpdateBatch> mixed = new ArrayList<>(log());
    Collections.shuffle(mixed.subList(1, 4), new Random(2));
    Collections.swap(mixed, 4, 5);
    assertThat(mixed).isNotEqualTo(log());

    shard.take(follow(LAYOUT));
    mixed.forEach(shard::take);

    assertFollowed();
  }

  @Test
  void whatComesMoreThanAnHourTooLateIsCountedAsSuch() {
    shard.take(follow(LAYOUT));
    shard.take(update(0, 1, 1, 8));
    shard.take(update(130, 1, 1, 8));
    shard.take(update(200, 1, 1, 8));
    shard.take(update(100, 1, 3, 8));
    shard.end();

    assertThat(shard.late()).isEqualTo(3);
  }

  @Test
  void theLayoutInForceWhenAnOccurrenceCameDecidesWhatItHasEarned() {
    Layout later =
        LAYOUT.toBuilder().setVersion(3).clearDefaultBlocks().addDefaultBlocks(block(8, 0)).build();
    shard.take(update(0, 1, 8, 8));
    shard.take(follow(LAYOUT));
    shard.take(update(120, 1, 1, 8));
    shard.take(follow(later));
    // An older one that comes again changes nothing.
    shard.take(follow(LAYOUT));
    shard.take(update(190, 1, 1, 8));
    shard.take(update(260, 1, 1, 8));
    shard.end();

    Followed followed = followed();
    // The first has earned 0, and found 8; the second has earned 8 under the later layout.
    assertThat(followed.rate().live()).isEqualTo(new Hits(2, 1, 1));
    // Under the layout of the warm-up's end both have earned 0, and 2 / 4 / 8 gives it 4.
    assertThat(followed.rate().fixed()).isEqualTo(new Hits(2, 0, 0));
  }

  /**
   * Category 2 fades, category 1 comes, and only one can have 8 dimensions: an hour on that is 1.
   */
  @Test
  void theOracleGivesWhatThePopularityAnHourOnEarnsWithinTheBudget() {
    List<UpdateBatch> log =
        List.of(
            follow(OracleScene.budget(LAYOUT)),
            update(0, 2, 16, 8),
            update(125, 2, 1, 8), // has 3.8, and 2.4 an hour on: earns nothing then
            update(130, 1, 1, 0), // its first, and earns 8 an hour on
            update(140, 1, 200, 0), // has 0.9, which is none by the rule and by the oracle of 03:00
            update(150, 1, 1, 4), // has 179, which is 8 by the rule; within one level
            update(250, 3, 1, 0));
    log.forEach(batch -> oracle.take(0, batch));
    oracle.end();
    log.forEach(shard::take);
    shard.end();

    Judged judged = followed().oracle();
    assertThat(judged.live()).isEqualTo(new Hits(203, 1, 0));
    assertThat(judged.instant()).isEqualTo(new Hits(203, 1, 1));
    assertThat(judged.misses())
        .isEqualTo(Map.of(Miss.FIRST, 1L, Miss.THRESHOLDS, 1L, Miss.POPULARITY, 200L));
  }

  @Test
  void beforeTheFirstLayoutThatCameEveryRowHasTheBaseDimension() {
    shard.take(update(0, 1, 8, 8));
    UpdateBatch.Builder base = update(120, 1, 1, 8).toBuilder();
    base.getTablesBuilder(0).clearDimensions();
    shard.take(base.build());
    shard.take(update(300, 1, 1, 8));
    shard.end();

    assertThat(followed().rate().live()).isEqualTo(new Hits(1, 1, 1));
    assertThat(shard.layouts()).isEmpty();
  }
}
