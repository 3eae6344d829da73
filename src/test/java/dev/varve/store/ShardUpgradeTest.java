package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.Census;
import dev.varve.schema.PopularityBin;
import dev.varve.schema.ShardState;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableState;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowFormat;
import dev.varve.testing.Cases;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A shard of the first Varve: rows of version 1, popularity as a double at a millisecond, bins that
 * were counted from those, no encoding, no rows by dimension.
 */
class ShardUpgradeTest {
  private static final int DIMENSION = 64;
  private static final int SHARD = 2;
  private static final long HALF_LIFE_MS = 60_000;
  private static final RowEncoding ENCODING = RowEncoding.FLOAT32_ADAGRAD;
  private static final Adagrad OPTIMIZER = new Adagrad(OptimizerConfig.defaults(), 5);
  private static final float[] GRADIENT = Batches.gradient(DIMENSION, 0.5f);
  private static final byte[] STATE_KEY = {-1, -1, -1, -1};

  /** Where a bin begins for popularity 1: a row of this time is in the one below when packed. */
  private static final long BORDER_MS = 28_333_334 * HALF_LIFE_MS;

  private final MapBelow below = new MapBelow();
  private final List<Shard> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(Shard::close);
  }

  private Shard open() {
    var settings =
        new EmbeddingStore.Settings(
            DIMENSION, OPTIMIZER, new Popularity(HALF_LIFE_MS), ResidentRows.LEAST_BYTES, 1 << 16);
    var shard = new Shard(SHARD, below, settings);
    opened.add(shard);
    return shard;
  }

  /** Puts a table of the first Varve below: the keys from 0 on, with these popularities. */
  private void putTable(int id, String name, double[] popularities, long[] timesMs) {
    var bins = new TreeMap<Long, Long>();
    for (int key = 0; key < popularities.length; key++) {
      float[] state = OPTIMIZER.initial(name, key, DIMENSION);
      byte[] row = row(popularities[key], timesMs[key], state);
      below.put(RowFormat.key(id, key), row);
      bins.merge(binOf(popularities[key], timesMs[key]), 1L, Long::sum);
    }
    var census =
        TableCensus.newBuilder()
            .setTable(name)
            .setRows(popularities.length)
            .setOccurrences(3L * popularities.length);
    bins.forEach((bin, rows) -> census.addBins(bin(bin, rows)));
    byte[] key = ByteBuffer.allocate(4).putShort((short) -1).putShort((short) id).array();
    below.put(key, TableState.newBuilder().setId(id).setCensus(census).build().toByteArray());
  }

  private void putShard() {
    var state =
        ShardState.newBuilder()
            .setExamples(11)
            .setWatermarkMs(BORDER_MS)
            .setLayoutVersion(1)
            .setHalfLifeMs(HALF_LIFE_MS)
            .putApplied(4, 77)
            .setDimension(DIMENSION);
    below.put(STATE_KEY, state.build().toByteArray());
  }

  private static byte[] row(double popularity, long timeMs, float[] state) {
    ByteBuffer value =
        ByteBuffer.allocate(20 + Float.BYTES * state.length).order(ByteOrder.LITTLE_ENDIAN);
    value.put((byte) 1).put((byte) 0).putShort((short) DIMENSION);
    value.putDouble(popularity).putLong(timeMs);
    value.asFloatBuffer().put(state);
    return value.array();
  }

  private static long binOf(double popularity, long timeMs) {
    double grade = StrictMath.log(popularity) / StrictMath.log(2) + (double) timeMs / HALF_LIFE_MS;
    return (long) Math.floor(4 * grade);
  }

  private static PopularityBin bin(long bin, long rows) {
    return PopularityBin.newBuilder().setBin(bin).setRows(rows).build();
  }

  private static Map<Long, Long> bins(Shard shard, int table) {
    return ShardModel.bins(shard.census().getTables(table), DIMENSION);
  }

  private static UpdateBatch update(String table, long... keys) {
    return Batches.batch(Batches.table(table, GRADIENT, keys)).setEventTimeMs(BORDER_MS).build();
  }

  @Test
  void itHasTheCountersAndTheRowsThatItHad() {
    putTable(0, "user", new double[] {1, 2.5}, new long[] {BORDER_MS, BORDER_MS - 1});
    putTable(1, "item", new double[0], new long[0]);
    putShard();

    Shard shard = open();

    assertThat(shard.summary().examples()).isEqualTo(11);
    assertThat(shard.summary().applied()).isEqualTo(Map.of(4, 77L));
    assertThat(shard.summary().tables())
        .isEqualTo(
            Map.of(
                "user",
                new TableSummary(
                    2,
                    6,
                    2 * (10 + 14 + 4 * 130),
                    2 * 65,
                    new TreeMap<>(Map.of(DIMENSION, 2L)),
                    0,
                    2,
                    0),
                "item",
                new TableSummary(0, 0, 0, 0, new TreeMap<>(), 0, 0, 0)));
    for (long key = 0; key < 2; key++) {
      assertThat(Reads.state(shard, "user", key))
          .containsExactly(OPTIMIZER.initial("user", key, DIMENSION));
    }
    assertThat(Reads.state(shard, "user", 2)).isNull();
  }

  @Test
  void itsBinsAreCountedAnewBecauseARowMayHaveMovedIntoTheOneBelow() {
    putTable(0, "user", new double[] {1, 1}, new long[] {BORDER_MS, BORDER_MS});
    putShard();
    assertThat(BORDER_MS % 256).isNotZero();
    long now = new Popularity(HALF_LIFE_MS).bin(1, BORDER_MS - BORDER_MS % 256);

    Shard shard = open();
    assertThat(bins(shard, 0)).containsExactly(Map.entry(now, 2L));

    shard.apply(update("user", 0));
    shard.writeBack();
    assertThat(bins(shard, 0)).containsExactly(Map.entry(now, 1L), Map.entry(now + 16, 1L));
    assertThat(open().census()).isEqualTo(shard.census());
  }

  @Test
  void itsRowsBecomeOfVersion2AsTheyChange() {
    putTable(0, "user", new double[] {5, 5}, new long[] {BORDER_MS, BORDER_MS});
    putShard();
    Shard shard = open();
    shard.apply(update("user", 1));
    shard.writeBack();

    byte[] untouched = below.pairs.get(RowFormat.key(0, 0));
    byte[] changed = Objects.requireNonNull(below.pairs.get(RowFormat.key(0, 1)));
    assertThat(untouched).startsWith(1);
    assertThat(changed).startsWith(2);
    assertThat(RowFormat.popularity(changed)).isEqualTo(PackedPopularity.packPopularity(6));
    assertThat(RowFormat.time(changed)).isEqualTo(PackedPopularity.packTime(BORDER_MS));
    float[] expected = OPTIMIZER.initial("user", 1, DIMENSION);
    OPTIMIZER.step(expected, 0, DIMENSION, GRADIENT, 0);
    assertThat(Reads.state(open(), "user", 1)).containsExactly(expected);
  }

  /** Whatever was kept: everything adds up, and nothing is done a second time. */
  @Test
  void itGoesOnAsAShardThatWasNeverAnother() {
    Cases.forAll(
        20,
        random -> {
          below.pairs.clear();
          int rows = 400 + random.nextInt(400);
          putTable(0, "user", popularities(random, rows), times(random, rows));
          putShard();
          Shard shard = open();
          for (int i = 0; i < 10; i++) {
            shard.apply(Batches.random(random, DIMENSION, rows + 100, 100));
            if (random.nextBoolean()) {
              shard.writeBack();
              assertBinsFit(shard);
            }
          }
          shard.writeBack();
          below.commit();

          Shard again = open();
          assertBinsFit(again);
          assertThat(again.census()).isEqualTo(shard.census());
          again.writeBack();
          assertThat(below.puts).as("what is put by opening alone").isEmpty();
        });
  }

  private static double[] popularities(RandomGenerator random, int rows) {
    double[] popularities = new double[rows];
    for (int i = 0; i < rows; i++) {
      popularities[i] = Math.scalb(1 + random.nextDouble(), random.nextInt(-200, 200));
    }
    return popularities;
  }

  private static long[] times(RandomGenerator random, int rows) {
    return random.longs(rows, BORDER_MS - 1_000_000, BORDER_MS).toArray();
  }

  /** The bins are those of the rows below. */
  private void assertBinsFit(Shard shard) {
    var decay = new Popularity(HALF_LIFE_MS);
    var expected = new TreeMap<Integer, TreeMap<Long, Long>>();
    below.pairs.forEach(
        (key, value) -> {
          if (key.length == RowFormat.KEY_BYTES) {
            RowFormat.check(value, ENCODING);
            double popularity = PackedPopularity.unpackPopularity(RowFormat.popularity(value));
            long timeMs = PackedPopularity.unpackTime(RowFormat.time(value));
            expected
                .computeIfAbsent(RowFormat.table(key), _ -> new TreeMap<>())
                .merge(decay.bin(popularity, timeMs), 1L, Long::sum);
          }
        });
    Census census = shard.census();
    for (TableCensus table : census.getTablesList()) {
      Map<Long, Long> bins = ShardModel.bins(table, DIMENSION);
      int id = shard.tableId(table.getTable());
      assertThat(bins).isEqualTo(expected.getOrDefault(id, new TreeMap<>()));
    }
  }
}
