package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import dev.varve.table.RowFormat;
import dev.varve.testing.Cases;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** A shard under random operations is, bit for bit, the fold of the batches that reached below. */
class ShardModelTest {
  private static final int SHARD = 3;
  private static final long SEED = 7;
  private static final long ABSENT = 77;

  /** A shard, its model, and the model as of the last write-back: what a crash leaves. */
  private static final class Run {
    final RandomGenerator random;
    final int dimension;
    final Adagrad optimizer = new Adagrad(OptimizerConfig.defaults(), SEED);
    final MapBelow below = new MapBelow();
    final Set<List<Object>> touched = new HashSet<>();
    long halfLifeMs = 10_000;
    ShardModel model;
    ShardModel kept;
    Shard shard;

    Run(RandomGenerator random) {
      this.random = random;
      this.dimension = 1 << random.nextInt(4);
      this.model = new ShardModel(dimension, optimizer);
      this.kept = model.copy();
      this.shard = open();
    }

    Shard open() {
      long rowBytes = 152 + 8L * (1 + dimension);
      long cache = rowBytes * (1 + random.nextInt(4));
      return new Shard(SHARD, below, dimension, optimizer, new Popularity(halfLifeMs), cache);
    }

    void apply() {
      UpdateBatch batch = Batches.random(random, dimension);
      shard.apply(batch);
      model.apply(batch, halfLifeMs);
      batch
          .getTablesList()
          .forEach(
              table ->
                  table.getKeysList().forEach(key -> touched.add(List.of(table.getTable(), key))));
    }

    void writeBack() {
      below.puts.clear();
      shard.writeBack();
      long rowPuts = below.puts.stream().filter(key -> key.length == RowFormat.KEY_BYTES).count();
      assertThat(rowPuts).as("changed rows, each put once").isEqualTo(touched.size());
      touched.clear();
      kept = model.copy();
      checkBelow();
    }

    void crash() {
      model = kept.copy();
      touched.clear();
      shard = open();
    }

    void changeHalfLife() {
      halfLifeMs = 1_000L + random.nextInt(20_000);
      crash();
    }

    void check() {
      assertThat(shard.census()).isEqualTo(model.census(SHARD, halfLifeMs));
      ShardSummary summary = shard.summary();
      assertThat(summary.examples()).isEqualTo(model.examples);
      assertThat(summary.watermarkMs()).isEqualTo(model.watermarkMs);
      assertThat(summary.layoutVersion()).isEqualTo(model.layoutVersion);
      assertThat(summary.applied()).isEqualTo(model.applied);
      assertThat(summary.tables().keySet()).isEqualTo(model.rows.keySet());
      model.rows.forEach(
          (table, byKey) -> {
            TableSummary size = summary.tables().get(table);
            assertThat(size).isEqualTo(sizeOf(table, byKey.size()));
            byKey.forEach(
                (key, row) -> assertThat(shard.read(table, key)).containsExactly(row.state));
            assertThat(shard.read(table, ABSENT)).isNull();
          });
    }

    private TableSummary sizeOf(String table, long rows) {
      return new TableSummary(
          rows,
          model.occurrences.getOrDefault(table, 0L),
          rows * (10 + 20 + 8L * (1 + dimension)),
          rows * (1 + dimension));
    }

    /** Every row below: popularity and time are in the census only as a bin. */
    private void checkBelow() {
      long found = 0;
      for (Map.Entry<byte[], byte[]> pair : below.pairs.entrySet()) {
        if (pair.getKey().length == RowFormat.KEY_BYTES) {
          found++;
          ByteBuffer key = ByteBuffer.wrap(pair.getKey());
          Row row = RowFormat.decode(new RowKey(key.getShort(), key.getLong()), pair.getValue());
          assertThat(isInModel(row)).as("row %s", row.key()).isTrue();
        }
      }
      assertThat(found).isEqualTo(model.rows.values().stream().mapToLong(Map::size).sum());
    }

    /** Tables have numbers below; the initial coordinates differ by table, so one row fits. */
    private boolean isInModel(Row row) {
      return model.rows.values().stream()
          .map(byKey -> byKey.get(row.key().category()))
          .anyMatch(
              twin ->
                  twin != null
                      && twin.popularity == row.popularity()
                      && twin.timeMs == row.timeMs()
                      && Arrays.equals(twin.state, row.state()));
    }
  }

  @Test
  void aShardIsTheFoldOfItsBatchesAcrossWriteBacksAndReopenings() {
    Cases.forAll(
        60,
        random -> {
          var run = new Run(random);
          for (int i = 0; i < 60; i++) {
            switch (random.nextInt(20)) {
              case 0, 1, 2, 3 -> run.writeBack();
              case 4 -> run.crash();
              case 5 -> run.changeHalfLife();
              default -> run.apply();
            }
            run.check();
          }
        });
  }

  @Test
  void theSameBatchesGiveTheSameBytesBelowHoweverTheyWereCutIntoCommits() {
    Cases.forAll(
        60,
        random -> {
          var first = new Run(random);
          var second = new MapBelow();
          List<UpdateBatch> batches = new ArrayList<>();
          for (int n = 1 + random.nextInt(40); n > 0; n--) {
            batches.add(Batches.random(random, first.dimension));
          }
          for (UpdateBatch batch : batches) {
            first.shard.apply(batch);
            if (random.nextInt(4) == 0) {
              first.shard.writeBack();
              first.shard = random.nextBoolean() ? first.open() : first.shard;
            }
          }
          first.shard.writeBack();
          var atOnce =
              new Shard(
                  SHARD,
                  second,
                  first.dimension,
                  first.optimizer,
                  new Popularity(first.halfLifeMs),
                  1 << 20);
          batches.forEach(atOnce::apply);
          atOnce.writeBack();
          assertThat(second.pairs).hasSameSizeAs(first.below.pairs);
          first.below.pairs.forEach(
              (key, value) -> assertThat(second.pairs.get(key)).as("%s", key).isEqualTo(value));
        });
  }
}
