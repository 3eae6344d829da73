package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.schema.Census;
import dev.varve.schema.Decision;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Basis;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowFormat;
import dev.varve.table.RowKeys;
import dev.varve.testing.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A shard under random operations is, bit for bit, the fold of the batches that reached below. */
class ShardModelTest {
  private static final int SHARD = 3;
  private static final long SEED = 7;
  private static final long ABSENT = 1L << 40;

  /** What a run works with: how wide its rows are, how many, and the memory for them. */
  private record Load(
      int dimension,
      int keys,
      int rowsInBatch,
      long memory,
      Optimizer optimizer,
      boolean isMoving) {
    /** Few rows, which all fit. */
    static Load small(RandomGenerator random) {
      return new Load(
          1 << random.nextInt(5), 12, 6, ResidentRows.LEAST_BYTES, anyOptimizer(random), false);
    }

    /** Under layouts that come and go. */
    Load moving() {
      return new Load(dimension, keys, rowsInBatch, memory, optimizer, true);
    }

    /** Far more rows than fit: they are evicted, read again, and written back early. */
    static Load tight(RandomGenerator random) {
      return new Load(
          64 << random.nextInt(2), 500, 150, ResidentRows.LEAST_BYTES, anyOptimizer(random), false);
    }

    private static Optimizer anyOptimizer(RandomGenerator random) {
      var kinds = OptimizerKind.values();
      var kind = kinds[random.nextInt(kinds.length)];
      double clipNorm = random.nextBoolean() ? 0 : 0.5;
      return Optimizer.of(
          new OptimizerConfig(kind, 0.04, 0.1, 0.02, 0.01, 0.1, 0.01, clipNorm, 100, 0, 0, 1),
          SEED);
    }

    RowEncoding encoding() {
      return optimizer.encoding();
    }

    UpdateBatch batch(RandomGenerator random, long timeMs) {
      UpdateBatch batch =
          isMoving
              ? Batches.ofAnyDimensions(random, dimension, keys, rowsInBatch, timeMs)
              : Batches.random(random, dimension, keys, rowsInBatch);
      // Any number that the batch brings will do.
      int number = batch.getSerializedSize();
      float rate = (1 + number % 100) / 100f;
      return number % 3 == 0 ? batch.toBuilder().setRate(rate).build() : batch;
    }
  }

  /** A shard, its model, and the model as of the last commit: what a crash leaves. */
  private static final class Run implements AutoCloseable {
    final RandomGenerator random;
    final Load load;
    final MapBelow below = new MapBelow();
    final ShardLookup lookup = new ShardLookup();
    final Set<List<Object>> touched = new HashSet<>();
    long halfLifeMs = 10_000;
    ShardModel model;
    ShardModel kept;
    Shard shard;
    long version = 1;
    long timeMs = Batches.NOON_MS;
    long evictions;
    long rewrites;
    long tailReads;

    /** Layouts that came while rows were ahead for the one before. */
    long ahead;

    /** Layouts that came in the midst of a sweep, and waited. */
    long waiting;

    /** Checks of what is served while it is not below yet. */
    long served;

    Run(RandomGenerator random, Load load) {
      this.random = random;
      this.load = load;
      this.model = new ShardModel(load.dimension, load.optimizer, halfLifeMs);
      this.kept = model.copy(halfLifeMs);
      this.shard = open(load.memory);
    }

    Shard open(long memory) {
      var decay = new Popularity(halfLifeMs);
      return new Shard(
          SHARD,
          below,
          new EmbeddingStore.Settings(load.dimension, load.optimizer, decay, memory, 1 << 16));
    }

    void reopen() {
      close();
      shard = open(load.memory);
      model.refusedGradients = 0;
    }

    @Override
    public void close() {
      evictions += shard.rows().evictions();
      shard.close();
    }

    void operate() {
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3 -> writeBack();
        case 4 -> crash();
        case 5 -> changeHalfLife();
        case 6 -> {
          writeBack();
          reopen();
        }
        case 7, 8, 9, 10 -> {
          if (load.isMoving) {
            move();
          }
        }
        default -> apply(load.batch(random, timeMs += random.nextInt(2_000)));
      }
    }

    /** A new layout, or a piece of the sweep for the one before. */
    private void move() {
      if (shard.isSwept() ? random.nextBoolean() : random.nextInt(3) == 0) {
        UpdateBatch layout = Batches.layout(random, load.dimension, ++version);
        if (!shard.isSwept()) {
          ahead += shard.rows().aheadRows() > 0 ? 1 : 0;
          layout = withoutRestoring(layout);
        }
        apply(layout);
      } else {
        // All, or as little as can be.
        sweep(random.nextInt(3) == 0 ? Long.MAX_VALUE : 0);
      }
    }

    /** What a sweep has cut off is given back only where it was kept aside. */
    private static UpdateBatch withoutRestoring(UpdateBatch batch) {
      return batch.toBuilder().setLayout(batch.getLayout().toBuilder().clearRestores()).build();
    }

    void apply(UpdateBatch batch) {
      boolean mayMakeRoom = !batch.hasLayout() && shard.isSwept() && model.isShort();
      shard.apply(batch);
      List<Decision> decisions = shard.takeDecisions();
      if (batch.hasLayout()) {
        model.apply(batch);
        waiting += decisions.isEmpty() ? 1 : 0;
        decide(decisions);
      } else {
        assertThat(decisions).hasSize(mayMakeRoom ? 1 : 0);
        decide(decisions);
        model.apply(batch);
      }
      batch
          .getTablesList()
          .forEach(
              table ->
                  table.getKeysList().forEach(key -> touched.add(List.of(table.getTable(), key))));
    }

    private void decide(List<Decision> decisions) {
      for (Decision decision : decisions) {
        assertThat(model.decide(decision)).isEqualTo(decision);
      }
    }

    /** Goes on with a sweep, which a layout that came meanwhile may follow. */
    private void sweep(long forNs) {
      shard.sweep(forNs);
      decide(shard.takeDecisions());
    }

    void writeBack() {
      shard.writeBack();
      if (!load.isMoving) {
        checkPuts();
      }
      below.commit();
      touched.clear();
      kept = model.copy(halfLifeMs);
      if (shard.isSwept()) {
        assertThat(withAllBins(shard.census())).isEqualTo(model.census(SHARD, kept));
      }
      checkBelow();
    }

    private void checkPuts() {
      List<byte[]> rows =
          below.puts.stream().filter(key -> key.length == RowFormat.KEY_BYTES).toList();
      long distinct = rows.stream().map(Bytes::wrap).distinct().count();
      assertThat(distinct).as("changed rows put").isEqualTo(touched.size());
      rewrites += rows.size() - distinct;
    }

    void crash() {
      below.crash();
      kept = kept.copy(halfLifeMs);
      model = kept.copy(halfLifeMs);
      version = model.newestLayout();
      touched.clear();
      reopen();
    }

    void changeHalfLife() {
      if (load.isMoving) {
        sweep(Long.MAX_VALUE);
        writeBack();
      }
      halfLifeMs = 1_000L + random.nextInt(20_000);
      crash();
      if (load.isMoving) {
        // Untouched rows have faded in another way.
        model.sweep();
        sweep(Long.MAX_VALUE);
        writeBack();
      }
    }

    void check() {
      if (shard.isServed() && (shard.isSwept() || shard.rows().evictions() == 0)) {
        checkStates();
        checkVectors();
      }
      if (!shard.isSwept()) {
        served += shard.isServed() ? 1 : 0;
        return;
      }
      assertThat(withoutSweep(shard.census())).isEqualTo(plain(model.census(SHARD, kept)));
      ShardSummary summary = shard.summary();
      assertThat(summary.examples()).isEqualTo(model.examples);
      assertThat(summary.progress().watermarkMs()).isEqualTo(model.watermarkMs);
      assertThat(summary.progress().layoutVersion()).isEqualTo(model.layoutVersion);
      assertThat(summary.applied()).isEqualTo(model.applied);
      assertThat(shard.refusedGradients()).isEqualTo(model.refusedGradients);
      assertThat(summary.memory().bytes()).isBetween(1L, load.memory);
      assertThat(summary.tables().keySet()).isEqualTo(model.rows.keySet());
      model.rows.forEach(
          (table, byKey) ->
              assertThat(summary.tables().get(table)).isEqualTo(sizeOf(table, byKey)));
    }

    /** Bins are as of the last write-back, when a sweep may have been under way. */
    private Census plain(Census census) {
      if (!load.isMoving) {
        return census;
      }
      var plain = census.toBuilder();
      for (var table : plain.getTablesBuilderList()) {
        table.getBlocksBuilderList().forEach(block -> block.clearBins().clearBinRows());
        var blocks = table.getBlocksList().stream().filter(block -> block.getRows() > 0).toList();
        table.clearBlocks().addAllBlocks(blocks);
      }
      return plain.build();
    }

    /** Without what the model does not tell. */
    private Census withoutSweep(Census census) {
      return plain(withAllBins(census));
    }

    private static Census withAllBins(Census census) {
      var plain = census.toBuilder();
      plain.clearSweptVersion().clearSweptShare().clearSketchBytes();
      plain.clearMoves().clearTraces();
      plain.getTablesBuilderList().forEach(table -> table.clearEnergy().clearEnergyRows());
      return plain.build();
    }

    private TableSummary sizeOf(String table, Map<Long, ShardModel.ModelRow> byKey) {
      var byDimension = new TreeMap<Integer, Long>();
      long bytes = 0;
      long parameters = 0;
      for (ShardModel.ModelRow row : byKey.values()) {
        int d = row.dimension;
        bytes += 10 + 14 + (d == 0 ? 0 : 4L * load.encoding().stateLength(d));
        parameters += d == 0 ? 0 : 1 + d;
        if (d > 0) {
          byDimension.merge(d, 1L, Long::sum);
        }
      }
      long rows = ShardModel.rowCount(byKey);
      return new TableSummary(
          rows,
          model.occurrences.getOrDefault(table, 0L),
          bytes,
          parameters,
          byDimension,
          byKey.size() - rows,
          model.admitted.getOrDefault(table, 0L),
          model.expired.getOrDefault(table, 0L));
    }

    /** All rows of all tables at once, and some that are nowhere among them. */
    private void checkStates() {
      var keys = new RowKeys();
      List<ShardModel.@Nullable ModelRow> expected = new ArrayList<>();
      model.rows.forEach(
          (table, byKey) ->
              byKey.forEach(
                  (key, row) -> {
                    keys.add(table, key);
                    expected.add(row);
                    if (random.nextInt(10) == 0) {
                      keys.add(random.nextBoolean() ? table : "unknown", ABSENT);
                      expected.add(null);
                    }
                  }));
      int width = load.encoding().stateLength(load.dimension) + random.nextInt(3);
      float[] states = new float[keys.size() * width];
      int[] dimensions = new int[keys.size()];
      Arrays.fill(states, Float.NaN);

      int[] found = new int[keys.size()];
      lookup.states(shard, keys, 0, states, width, dimensions, found, new float[found.length]);
      assertThat(found).isEqualTo(dimensions);

      for (int i = 0; i < keys.size(); i++) {
        ShardModel.ModelRow row = expected.get(i);
        float[] nothing = new float[width];
        Arrays.fill(nothing, Float.NaN);
        boolean hasRow = row != null && row.dimension > 0;
        float[] tail = hasRow ? null : model.tail(keys.table(i), keys.category(i));
        float[] state = row == null ? nothing : row.state;
        if (tail != null) {
          state = tail;
          tailReads++;
        }
        float[] read = Arrays.copyOfRange(states, i * width, i * width + state.length);
        assertRow(keys.table(i) + " " + keys.category(i), read, state);
        assertThat(dimensions[i]).isEqualTo(dimension(row, tail));
      }
    }

    private int dimension(ShardModel.@Nullable ModelRow row, float @Nullable [] tail) {
      if (tail != null) {
        return model.layout.getTail().getDimension();
      }
      return row == null ? ResidentRows.ABSENT : row.dimension;
    }

    private void checkVectors() {
      int d = load.dimension;
      Basis basis = Basis.identity(d);
      for (String table : List.of("user", "item", "tag", "unknown")) {
        Map<Long, ShardModel.ModelRow> rows = model.rows.getOrDefault(table, Map.of());
        List<Long> listed = new ArrayList<>(rows.keySet());
        listed.add(random.nextInt(listed.size() + 1), ABSENT);
        long[] keys = listed.stream().mapToLong(Long::longValue).toArray();
        float[] vectors = new float[keys.length * d];
        int[] dimensions = new int[keys.length];
        byte[] statuses = new byte[keys.length];
        long[] timesMs = new long[keys.length];
        Arrays.fill(vectors, Float.NaN);
        Arrays.fill(timesMs, -1);
        int from = random.nextInt(keys.length);
        int[] places = new int[keys.length];
        Arrays.setAll(places, i -> from + places.length - 1 - i);

        lookup.vectors(
            shard,
            table,
            keys,
            from,
            keys.length - from,
            basis,
            vectors,
            places,
            dimensions,
            statuses,
            timesMs);

        for (int i = from; i < keys.length; i++) {
          ShardModel.ModelRow row = rows.get(keys[i]);
          float[] read = Arrays.copyOfRange(vectors, places[i] * d, (places[i] + 1) * d);
          float[] expected = new float[d];
          float[] tail = row != null && row.dimension > 0 ? null : model.tail(table, keys[i]);
          var status = LookupStatus.UNKNOWN;
          if (row != null && row.dimension > 0) {
            System.arraycopy(row.state, 1, expected, 0, row.dimension);
            status = LookupStatus.ROW;
          } else if (tail != null) {
            System.arraycopy(tail, 1, expected, 0, model.layout.getTail().getDimension());
            status = LookupStatus.TAIL;
          }
          assertRow(table + " " + keys[i], read, expected);
          assertThat(LookupStatus.of(statuses[i])).isEqualTo(status);
          assertThat(dimensions[i]).isEqualTo(dimension(row, tail));
          assertThat(timesMs[i]).isEqualTo(row != null && row.dimension > 0 ? row.timeMs : 0);
        }
        for (int i = 0; i < from * d; i++) {
          assertThat(vectors[i]).as("what is before the first key").isNaN();
        }
      }
    }

    /** Compared by hand: there are millions of floats. */
    private static void assertRow(String name, float[] read, float[] expected) {
      if (!Arrays.equals(read, expected)) {
        assertThat(read).as(name).containsExactly(expected);
      }
    }

    /** Every row below: popularity and time are in the census only as a bin. */
    private void checkBelow() {
      if (!shard.isSwept()) {
        return;
      }
      long found = 0;
      for (Map.Entry<byte[], byte[]> pair : below.pairs.entrySet()) {
        if (pair.getKey().length == RowFormat.KEY_BYTES && pair.getKey()[0] >= 0) {
          found++;
          long category = RowFormat.category(pair.getKey());
          assertThat(isInModel(category, pair.getValue())).as("row %d", category).isTrue();
        }
      }
      long own = model.rows.values().stream().mapToLong(Map::size).sum();
      assertThat(found).isEqualTo(own + model.shared.size());
    }

    /** Tables have numbers below; the initial coordinates differ by table, so one row fits. */
    private boolean isInModel(long category, byte[] value) {
      float[] state = new float[load.encoding().rowFloats(RowFormat.check(value, load.encoding()))];
      RowFormat.state(value, 0, state, 0, state.length);
      double popularity = PackedPopularity.unpackPopularity(RowFormat.popularity(value));
      long timeMs = PackedPopularity.unpackTime(RowFormat.time(value));
      return Stream.concat(model.rows.values().stream(), Stream.of(model.shared))
          .map(byKey -> byKey.get(category))
          .anyMatch(
              twin ->
                  twin != null
                      && twin.popularity == popularity
                      && twin.timeMs == timeMs
                      && Arrays.equals(twin.state, state));
    }
  }

  @Test
  void aShardIsTheFoldOfItsBatchesAcrossWriteBacksAndReopenings() {
    Cases.forAll(
        60,
        random -> {
          try (var run = new Run(random, Load.small(random))) {
            for (int i = 0; i < 60; i++) {
              run.operate();
              run.check();
            }
            assertThat(run.rewrites).as("all fits: nothing is written back early").isZero();
          }
        });
  }

  @Test
  void aShardIsTheSameFoldWhenItsRowsDoNotFitIntoItsMemory() {
    long[] seen = new long[2];
    Cases.forAll(
        12,
        random -> {
          var run = new Run(random, Load.tight(random));
          try (run) {
            for (int i = 0; i < 40; i++) {
              run.operate();
              run.check();
            }
            run.writeBack();
          }
          seen[0] += run.evictions;
          seen[1] += run.rewrites;
        });
    assertThat(seen[0]).as("rows evicted").isGreaterThan(1_000);
    assertThat(seen[1]).as("rows written back before the commit").isGreaterThan(1_000);
  }

  /**
   * Layouts, the sweeps behind them in pieces, rows that an update carries across a threshold,
   * admission, growth held back, rollbacks: all as if each layout had moved all rows at once.
   */
  @Test
  void aShardUnderLayoutsIsTheFoldOfItsBatchesHoweverItsSweepsWereCut() {
    long[] raised = {0};
    long[] seen = new long[4];
    Cases.forAll(
        200,
        random -> {
          try (var run = new Run(random, Load.small(random).moving())) {
            for (int i = 0; i < 80; i++) {
              run.operate();
              run.check();
              raised[0] += run.shard.census().getRaised() > 1 ? 1 : 0;
            }
            seen[0] += run.tailReads;
            seen[1] += run.ahead;
            seen[2] += run.served;
            seen[3] += run.waiting;
          }
        });
    assertThat(raised[0]).as("steps under a price").isGreaterThan(200);
    assertThat(seen[0]).as("states made of shared rows").isGreaterThan(1_000);
    assertThat(seen[1]).as("layouts while rows are ahead").isGreaterThan(10);
    assertThat(seen[2]).as("checks in the midst of a sweep").isGreaterThan(20);
    assertThat(seen[3]).as("layouts that waited for a sweep").isGreaterThan(100);
  }

  @Test
  void aShardUnderLayoutsIsTheSameFoldWhenItsRowsDoNotFitIntoItsMemory() {
    long[] seen = new long[2];
    Cases.forAll(
        25,
        random -> {
          var run = new Run(random, Load.tight(random).moving());
          try (run) {
            for (int i = 0; i < 60; i++) {
              run.operate();
              run.check();
            }
          }
          seen[0] += run.evictions;
          seen[1] += run.model.layout.getVersion();
        });
    assertThat(seen[0]).as("rows evicted").isGreaterThan(300);
    assertThat(seen[1]).as("layouts").isGreaterThan(50);
  }

  @Test
  void theSameBatchesGiveTheSameBytesBelowHoweverTheyWereCutIntoCommits() {
    Cases.forAll(60, random -> assertSameBytes(random, Load.small(random), 40));
  }

  @Test
  void theSameBatchesGiveTheSameBytesBelowHoweverLittleMemoryThereIs() {
    Cases.forAll(12, random -> assertSameBytes(random, Load.tight(random), 25));
  }

  private static void assertSameBytes(RandomGenerator random, Load load, int most) {
    try (var cut = new Run(random, load);
        var atOnce =
            new Run(random, new Load(load.dimension, 0, 0, 32 << 20, load.optimizer, false))) {
      for (int n = 1 + random.nextInt(most); n > 0; n--) {
        UpdateBatch batch = load.batch(random, Batches.NOON_MS);
        cut.shard.apply(batch);
        atOnce.shard.apply(batch);
        if (random.nextInt(4) == 0) {
          cut.shard.writeBack();
          if (random.nextBoolean()) {
            cut.reopen();
          }
        }
      }
      cut.shard.writeBack();
      atOnce.shard.writeBack();
      assertThat(atOnce.below.pairs).hasSameSizeAs(cut.below.pairs);
      cut.below.pairs.forEach(
          (key, value) -> assertThat(atOnce.below.pairs.get(key)).as("%s", key).isEqualTo(value));
    }
  }
}
