package dev.varve.layout;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.schema.Census;
import dev.varve.schema.PopularityBin;
import dev.varve.schema.TableCensus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class CensusMergeTest {
  private final CensusMerge merge = new CensusMerge();

  @Test
  void withoutACensusThereIsNothing() {
    assertThat(merge.shards()).isZero();
    assertThat(merge.examples()).isZero();
    assertThat(merge.tables()).isEmpty();
  }

  @Test
  void tablesOfAllShardsAreAddedUpByNameAndBin() {
    merge.put(census(0, 10, table("b", 3, 30, Map.of(-4L, 1L, 7L, 2L))));
    merge.put(
        census(5, 20, table("a", 1, 9, Map.of(2L, 1L)), table("b", 4, 40, Map.of(7L, 3L, 8L, 1L))));

    assertThat(merge.shards()).isEqualTo(2);
    assertThat(merge.examples()).isEqualTo(30);
    assertThat(merge.tables())
        .containsExactly(
            table("a", 1, 9, Map.of(2L, 1L)), table("b", 7, 70, Map.of(-4L, 1L, 7L, 5L, 8L, 1L)));
  }

  @Test
  void aShardsNewerCensusReplacesItsOlderOne() {
    merge.put(
        census(0, 10, table("a", 3, 30, Map.of(1L, 3L)), table("gone", 1, 1, Map.of(0L, 1L))));
    merge.put(census(1, 1, table("a", 1, 1, Map.of(1L, 1L))));
    merge.put(census(0, 11, table("a", 4, 31, Map.of(2L, 4L))));

    assertThat(merge.examples()).isEqualTo(12);
    assertThat(merge.tables()).containsExactly(table("a", 5, 32, Map.of(1L, 1L, 2L, 4L)));
  }

  @Test
  void sayingTheSameTwiceAndInAnyOrderOfShardsChangesNothing() {
    forAll(
        100,
        random -> {
          List<Census> censuses = new ArrayList<>();
          for (int shard = 0; shard < random.nextInt(1, 8); shard++) {
            censuses.add(random(shard, random));
          }
          var inOrder = new CensusMerge();
          censuses.forEach(inOrder::put);
          List<Census> twice = new ArrayList<>(censuses);
          twice.addAll(censuses);
          Collections.shuffle(twice, new Random(random.nextLong()));
          var shuffled = new CensusMerge();
          twice.forEach(shuffled::put);

          assertThat(shuffled.tables()).isEqualTo(inOrder.tables());
          assertThat(shuffled.examples()).isEqualTo(inOrder.examples());
          assertThat(shuffled.shards()).isEqualTo(censuses.size());
        });
  }

  private static Census random(int shard, RandomGenerator random) {
    var census = Census.newBuilder().setShard(shard).setExamples(random.nextInt(1000));
    for (int table = 0; table < 4; table++) {
      if (random.nextBoolean()) {
        Map<Long, Long> bins = new TreeMap<>();
        for (int i = 0; i < 5; i++) {
          bins.put(random.nextLong(-6, 6), random.nextLong(1, 100));
        }
        census.addTables(table("t" + table, random.nextInt(100), random.nextInt(1000), bins));
      }
    }
    return census.build();
  }

  private static Census census(int shard, long examples, TableCensus... tables) {
    return Census.newBuilder()
        .setShard(shard)
        .setExamples(examples)
        .addAllTables(List.of(tables))
        .build();
  }

  private static TableCensus table(String name, long rows, long occurrences, Map<Long, Long> bins) {
    var table = TableCensus.newBuilder().setTable(name).setRows(rows).setOccurrences(occurrences);
    new TreeMap<>(bins)
        .forEach((bin, n) -> table.addBins(PopularityBin.newBuilder().setBin(bin).setRows(n)));
    return table.build();
  }
}
