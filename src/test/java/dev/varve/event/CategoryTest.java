package dev.varve.event;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CategoryTest {
  @ParameterizedTest
  @CsvSource({"42", "0", "-1", "10", "9223372036854775807", "-9223372036854775808"})
  void anIntegerIsTheSameCategoryAsItsText(long id) {
    assertThat(Category.key(id)).isEqualTo(Category.key(Long.toString(id)));
  }

  @Test
  void aTextIsTheSameCategoryAsItsBytes() {
    assertThat(Category.key("naïve ☃"))
        .isEqualTo(Category.key("naïve ☃".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void textsThatDifferByZeroesAreDifferentCategories() {
    assertThat(Category.key("42")).isNotEqualTo(Category.key("042"));
    assertThat(Category.key("42")).isNotEqualTo(Category.key("42 "));
  }

  /** Rows are stored under these keys, on these shards: a change of hash loses every row. */
  @ParameterizedTest
  @CsvSource({
    "user_id, 42, 7919287270473417401, 3",
    "user_id, '', -1205034819632174695, 0",
    "video_id, 42, 7919287270473417401, 6",
    "tag, ☃, -1145109984773041077, 3",
  })
  void keysAndShardsStayAsTheyAre(String table, String id, long key, int shardOf7) {
    assertThat(Category.key(id)).isEqualTo(key);
    assertThat(Category.shard(table, key, 7)).isEqualTo(shardOf7);
  }

  @Test
  void aShardIsInRangeForEveryKey() {
    forAll(
        500,
        random -> {
          int shards = random.nextInt(1, 1 << random.nextInt(1, 16));
          int shard = Category.shard("t" + random.nextInt(9), random.nextLong(), shards);
          assertThat(shard).isBetween(0, shards - 1);
        });
  }

  /** A power of two is divided by in another way. */
  @Test
  void eightShardsAreThoseOfTwentyFourTakenTogether() {
    forAll(
        500,
        random -> {
          long key = random.nextLong();
          assertThat(Category.shard("t", key, 24) % 8).isEqualTo(Category.shard("t", key, 8));
        });
  }

  @Test
  void categoriesSpreadEvenlyOverShards() {
    int[] counts = new int[12];
    for (int id = 0; id < 120_000; id++) {
      counts[Category.shard("item_id", Category.key(id), 12)]++;
    }

    for (int count : counts) {
      assertThat((double) count).isCloseTo(10_000, within(500.0));
    }
  }

  @Test
  void theSameIdOfManyTablesIsOnManyShards() {
    Set<Integer> shards = new HashSet<>();
    for (int table = 0; table < 100; table++) {
      shards.add(Category.shard("feature_" + table, Category.key("1"), 8));
    }

    assertThat(shards).hasSize(8);
  }
}
