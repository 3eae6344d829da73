package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.varve.event.ExampleCodec;
import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.Census;
import dev.varve.schema.ShardState;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardTest {
  private static final int DIMENSION = 2;
  private static final int WIDE = 128;
  private static final int SHARD = 1;
  private static final long HALF_LIFE_MS = 60_000;
  private static final long LAST_MS = ExampleCodec.LAST_TIME_MS;
  private static final Adagrad OPTIMIZER = new Adagrad(OptimizerConfig.defaults(), 5);
  private static final float[] GRADIENT = Batches.gradient(DIMENSION, 0.5f);

  private final MapBelow below = new MapBelow();
  private final List<Shard> opened = new ArrayList<>();
  private final Shard shard = open(DIMENSION, HALF_LIFE_MS);

  @AfterEach
  void close() {
    opened.forEach(Shard::close);
  }

  private Shard open(int dimension, long halfLifeMs) {
    return open(dimension, halfLifeMs, 1 << 20);
  }

  private Shard open(int dimension, long halfLifeMs, long memory) {
    var decay = new Popularity(halfLifeMs);
    var shard =
        new Shard(
            SHARD,
            below,
            new EmbeddingStore.Settings(dimension, OPTIMIZER, decay, memory, 1 << 16));
    opened.add(shard);
    return shard;
  }

  /** A way in which an update of three rows can be wrong, and what is said of it. */
  record Malformed(String reason, UnaryOperator<TableUpdate.Builder> damage) {}

  static Stream<Malformed> malformed() {
    return Stream.of(
        new Malformed("table: (empty)", table -> table.setTable("")),
        new Malformed("columns: 4 keys, 3 occurrences, 3 event times", table -> table.addKeys(9)),
        new Malformed("columns: 3 keys, 4 occurrences", table -> table.addOccurrences(1)),
        new Malformed("3 occurrences, 4 event times", table -> table.addEventTimeOffsetsMs(0)),
        new Malformed("occurrences: 0 (expected: above 0)", table -> table.setOccurrences(1, 0)),
        new Malformed("occurrences: -1 (expected: above 0)", table -> table.setOccurrences(2, -1)),
        new Malformed(
            "event time offset: 1 (expected: -1699999999999 to 0 in a batch of event time"
                + " 1700000000000)",
            table -> table.setEventTimeOffsetsMs(1, 1)),
        new Malformed(
            "event time offset: -1700000000000 (expected: -1699999999999 to 0",
            table -> table.setEventTimeOffsetsMs(2, -Batches.NOON_MS)),
        new Malformed(
            "event time offset: -9223372036854775808 (expected: ",
            table -> table.setEventTimeOffsetsMs(0, Long.MIN_VALUE)),
        new Malformed(
            "gradients: 59 bytes (expected: 60 for 3 rows of dimension up to 2)",
            table -> table.setGradients(table.getGradients().substring(1))),
        new Malformed(
            "gradients: 64 bytes (expected: 60 for 3 rows of dimension up to 2)",
            table -> table.setGradients(table.getGradients().concat(Batches.bytes(1)))),
        new Malformed("gradients: 0 bytes", table -> table.setGradients(ByteString.EMPTY)));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void aMalformedTableRefusesTheWholeBatchAndChangesNothing(Malformed malformed) {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    shard.writeBack();
    Census census = shard.census();
    ShardSummary summary = shard.summary();
    below.commit();

    UpdateBatch batch =
        Batches.batch(
                Batches.table("user", GRADIENT, 1, 2),
                malformed.damage().apply(Batches.table("item", GRADIENT, 1, 2, 3)))
            .build();

    assertThatThrownBy(() -> shard.apply(batch))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessageContaining(malformed.reason());
    shard.writeBack();
    assertThat(below.puts).isEmpty();
    assertThat(shard.census()).isEqualTo(census);
    assertThat(shard.summary()).isEqualTo(summary);
    assertThat(Reads.state(shard, "user", 2)).isNull();
    assertThat(Reads.state(shard, "item", 1)).isNull();
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 253_402_300_800_000L, Long.MAX_VALUE})
  void aBatchOfATimeThatNoEventCanHaveIsRefused(long timeMs) {
    UpdateBatch batch =
        Batches.batch(Batches.table("user", GRADIENT, 1)).setEventTimeMs(timeMs).build();

    assertThatThrownBy(() -> shard.apply(batch))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessage("event time: %d (expected: 1 to 253402300799999)", timeMs);
    assertThat(shard.summary().tables()).isEmpty();
  }

  @Test
  void theFirstAndTheLastTimeThatAnEventCanHaveAreKept() {
    var update = Batches.table("user", GRADIENT, 1, 2).setEventTimeOffsetsMs(1, 1 - LAST_MS);
    shard.apply(Batches.batch(update).setEventTimeMs(LAST_MS).build());
    shard.writeBack();

    // Popularity 1, so a bin is 16 times the half-lives since 1970, from whole units of 256 ms.
    long last = 16 * (LAST_MS / 256 * 256) / HALF_LIFE_MS;
    assertThat(bins(shard)).containsExactly(bin(0, 1), bin(last, 1));
  }

  @Test
  void whoAsksWhileABatchIsAppliedIsToldOfTheOneBeforeAndDoesNotWait() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).setExamples(1).build());
    List<Long> told = new ArrayList<>();
    below.beforeRead =
        () -> {
          told.add(CompletableFuture.supplyAsync(() -> shard.summary().examples()).join());
          told.add(CompletableFuture.supplyAsync(() -> shard.progress().examples()).join());
        };

    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 2)).setExamples(1).build());

    assertThat(told.get(0)).isLessThanOrEqualTo(1);
    assertThat(told.get(1)).isEqualTo(1);
    assertThat(shard.summary().examples()).isEqualTo(2);
    assertThat(shard.summary().tables().values())
        .extracting(TableSummary::rows)
        .containsExactly(2L);
  }

  private static UpdateBatch.Builder tables(int n) {
    var batch = UpdateBatch.newBuilder().setEventTimeMs(Batches.NOON_MS);
    for (int i = 0; i < n; i++) {
      batch.addTables(TableUpdate.newBuilder().setTable("t" + i));
    }
    return batch;
  }

  @Test
  void aBatchWithMoreTablesThanThereAreNumbersIsRefused() {
    assertThatThrownBy(() -> shard.apply(tables(32_767).build()))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessage("tables: 32767 (expected: at most 32766)");
    assertThat(shard.summary().tables()).isEmpty();
  }

  @Test
  void asManyTablesAsThereAreNumbersKeepTheirRowsAcrossARestart() {
    UpdateBatch.Builder most = tables(32_765);
    shard.apply(most.addTables(Batches.table("last", GRADIENT, -1L)).build());
    shard.writeBack();

    Shard again = open(DIMENSION, HALF_LIFE_MS);

    assertThat(again.census()).isEqualTo(shard.census());
    assertThat(Reads.state(again, "last", -1L)).isEqualTo(Reads.state(shard, "last", -1L));
    again.apply(Batches.batch(Batches.table("t0", GRADIENT, 1)).build());
    assertThatThrownBy(() -> again.apply(Batches.batch(Batches.table("more", GRADIENT)).build()))
        .hasMessage("tables: 32767 (expected: at most 32766)");
  }

  @Test
  void nothingIsReadOfAnUnknownTableOrCategory() {
    assertThat(Reads.state(shard, "user", 1)).isNull();

    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());

    assertThat(Reads.state(shard, "user", 1)).isNotNull();
    assertThat(Reads.state(shard, "user", 2)).isNull();
    assertThat(Reads.state(shard, "item", 1)).isNull();
  }

  @Test
  void aRowIsReadBeforeItIsWrittenBackAndAfterARestart() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    float[] state = OPTIMIZER.initial("user", 1, DIMENSION);
    OPTIMIZER.step(state, 0, DIMENSION, GRADIENT, 0);
    assertThat(Reads.state(shard, "user", 1)).containsExactly(state);

    shard.writeBack();

    assertThat(Reads.state(open(DIMENSION, HALF_LIFE_MS), "user", 1)).containsExactly(state);
  }

  @Test
  void aGradientThatIsNotFiniteCountsAsOccurrenceAndIsNotLearned() {
    float[] broken = GRADIENT.clone();
    broken[1] = Float.NaN;

    shard.apply(
        Batches.batch(Batches.table("user", broken, 1), Batches.table("item", GRADIENT, 1))
            .build());

    float[] initial = OPTIMIZER.initial("user", 1, DIMENSION);
    assertThat(shard.refusedGradients()).isEqualTo(1);
    assertThat(Reads.state(shard, "user", 1)).containsExactly(initial);
    assertThat(shard.census().getTables(1).getOccurrences()).isEqualTo(1);
    assertThat(shard.summary().examples()).isEqualTo(1);
    assertThat(Reads.state(shard, "item", 1)).isNotEqualTo(OPTIMIZER.initial("item", 1, DIMENSION));
  }

  /** No trainer sends such a batch, but it is no reason to lose an occurrence. */
  @Test
  void aKeyThatComesTwiceInAnUpdateIsOneRowThatTookBothSteps() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1, 2, 1)).build());
    float[] twice = OPTIMIZER.initial("user", 1, DIMENSION);
    OPTIMIZER.step(twice, 0, DIMENSION, GRADIENT, 0);
    OPTIMIZER.step(twice, 0, DIMENSION, GRADIENT, 0);
    assertThat(Reads.state(shard, "user", 1)).containsExactly(twice);

    shard.writeBack();
    assertThat(shard.census().getTables(0).getRows()).isEqualTo(2);
    assertThat(shard.census().getTables(0).getOccurrences()).isEqualTo(3);
    Shard again = open(DIMENSION, HALF_LIFE_MS);
    again.apply(Batches.batch(Batches.table("user", GRADIENT, 1, 1)).build());
    again.writeBack();

    assertThat(again.census().getTables(0).getRows()).isEqualTo(2);
    long binned = bins(again).values().stream().mapToLong(Long::longValue).sum();
    assertThat(binned).isEqualTo(2);
  }

  @Test
  void anEmptyTableKeepsItsNumberAcrossARestart() {
    shard.apply(
        Batches.batch(
                Batches.table("user", GRADIENT, 1),
                Batches.table("item", GRADIENT),
                Batches.table("tag", GRADIENT, 1))
            .build());
    shard.writeBack();
    Shard again = open(DIMENSION, HALF_LIFE_MS);
    float[] tag = Reads.state(again, "tag", 1);

    again.apply(Batches.batch(Batches.table("city", GRADIENT, 1)).build());

    assertThat(tag).isNotNull().isEqualTo(Reads.state(shard, "tag", 1));
    assertThat(Reads.state(again, "tag", 1)).isEqualTo(tag);
    assertThat(again.summary().tables().keySet()).containsExactly("city", "item", "tag", "user");
  }

  @Test
  void rowsOfAnotherDimensionAreRefusedWithTheKeyToSet() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    shard.writeBack();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> open(4, HALF_LIFE_MS))
        .withMessage("model.dimension: 4 (expected: 2, the dimension of the rows that are stored)");
  }

  @Test
  void rowsOfAnotherEncodingAreRefused() {
    var state = ShardState.newBuilder().setDimension(DIMENSION).setHalfLifeMs(1).setEncoding(2);
    below.put(new byte[] {-1, -1, -1, -1}, state.build().toByteArray());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> open(DIMENSION, HALF_LIFE_MS))
        .withMessage(
            "optimizer.kind: adagrad (expected: sgd, which the rows that are stored were learned"
                + " with)");
  }

  private static Map<Long, Long> bins(Shard shard) {
    var bins = new TreeMap<Long, Long>();
    TableCensus census = shard.census().getTables(0);
    census
        .getBlocksList()
        .forEach(block -> bins.putAll(ShardModel.bins(census, block.getDimension())));
    return bins;
  }

  private static Map.Entry<Long, Long> bin(long bin, long rows) {
    return Map.entry(bin, rows);
  }

  @Test
  void theCensusCountsRowsAtOnceAndPutsThemIntoBinsWhenTheyAreWrittenBack() {
    UpdateBatch batch = Batches.batch(Batches.table("user", GRADIENT, 1, 2)).build();
    UpdateBatch atEightHalfLives = batch.toBuilder().setEventTimeMs(8 * HALF_LIFE_MS).build();
    shard.apply(atEightHalfLives);
    assertThat(shard.census().getTables(0).getRows()).isEqualTo(2);
    assertThat(bins(shard)).isEmpty();

    // Popularity 1 at 8 half-lives: grade 8, so bin 128.
    shard.writeBack();
    assertThat(bins(shard)).containsExactly(bin(128, 2));

    UpdateBatch onlyOne = Batches.batch(Batches.table("user", GRADIENT, 1)).build();
    shard.apply(onlyOne.toBuilder().setEventTimeMs(8 * HALF_LIFE_MS).build());
    assertThat(bins(shard)).containsExactly(bin(128, 2));
    shard.writeBack();
    assertThat(bins(shard)).containsExactly(bin(128, 1), bin(144, 1));
  }

  @Test
  void anotherHalfLifeCountsThePopularityOfAllRowsAnew() {
    shard.apply(
        Batches.batch(Batches.table("user", GRADIENT, 1, 2)).setEventTimeMs(8 * 1_024).build());
    shard.writeBack();
    assertThat(bins(shard)).containsExactly(bin(16 * 8 * 1_024 / HALF_LIFE_MS, 2));

    Shard faster = open(DIMENSION, 1_024);
    assertThat(bins(faster)).containsExactly(bin(128, 2));

    faster.writeBack();
    assertThat(open(DIMENSION, 1_024).census()).isEqualTo(faster.census());
  }

  private static long[] keys(int n) {
    return LongStream.range(0, n).toArray();
  }

  private long rowsBelow() {
    return below.pairs.keySet().stream().filter(key -> key.length == RowFormat.KEY_BYTES).count();
  }

  @Test
  void anUpdateOfMoreRowsThanTheMemoryHoldsIsWrittenBackAsItGoes() {
    int n = 1_000;
    float[] gradient = Batches.gradient(WIDE, 0.5f);
    UpdateBatch batch = Batches.batch(Batches.table("user", gradient, keys(n))).build();
    Shard small = open(WIDE, HALF_LIFE_MS, ResidentRows.LEAST_BYTES);
    small.apply(batch);

    long early = rowsBelow();
    assertThat(early).isBetween(n / 2L, n - 1L);
    assertThat(small.rows().size()).isLessThan(n);
    assertThat(small.census().getTables(0).getRows()).isEqualTo(n);
    assertThat(bins(small)).isEmpty();
    small.writeBack();
    assertThat(rowsBelow()).isEqualTo(n);
    assertThat(bins(small).values()).containsExactly((long) n);
  }

  @Test
  void whatWasWrittenBackEarlyIsLostWithACrashLikeAllElse() {
    Shard small = open(WIDE, HALF_LIFE_MS, ResidentRows.LEAST_BYTES);
    float[] gradient = Batches.gradient(WIDE, 0.5f);
    small.apply(Batches.batch(Batches.table("user", gradient, keys(1_000))).build());

    below.crash();

    Shard again = open(WIDE, HALF_LIFE_MS, ResidentRows.LEAST_BYTES);
    assertThat(again.summary().examples()).isZero();
    assertThat(Reads.state(again, "user", 0)).isNull();
  }

  @Test
  void veryManyChangedRowsAreWrittenBackWithoutWaitingForTheCommit() {
    int most = 1 << 17;
    float[] gradient = Batches.gradient(1, 0.5f);
    Shard narrow = open(1, HALF_LIFE_MS, 32 << 20);
    narrow.apply(Batches.batch(Batches.table("user", gradient, keys(most - 1))).build());
    assertThat(rowsBelow()).isZero();

    narrow.apply(Batches.batch(Batches.table("item", gradient, 1)).build());

    assertThat(rowsBelow()).isEqualTo(most);
    assertThat(below.pairs).hasSize(most);
    narrow.writeBack();
    assertThat(below.puts).as("each row once, two tables, the shard").hasSize(most + 3);
  }

  @Test
  void nothingIsWrittenBackTwice() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    shard.writeBack();
    below.commit();

    shard.writeBack();

    assertThat(below.puts).isEmpty();
  }

  @Test
  void aDamagedRowIsNotTakenForAMalformedBatch() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    shard.writeBack();
    below.put(RowFormat.key(0, 1), new byte[] {1, 0, 2});

    Shard damaged = open(DIMENSION, HALF_LIFE_MS);

    assertThatThrownBy(
            () -> damaged.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build()))
        .isNotInstanceOf(RefusedBatchException.class)
        .hasMessageContaining("the store is damaged");
  }
}
