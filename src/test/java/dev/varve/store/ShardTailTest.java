package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.Tail;
import dev.varve.schema.TailEncoding;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Basis;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import dev.varve.table.RowKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Categories without a row of their own, where {@link ShardModelTest} says it for all at once. */
class ShardTailTest {
  private static final int DIMENSION = 8;
  private static final int TAIL = 2;
  private static final int ROWS = 4;
  private static final Basis BASIS = Basis.identity(DIMENSION);
  private static final Block NO_ROWS =
      Block.newBuilder().setDimension(DIMENSION).setThreshold(1e6).build();
  private static final float[] GRADIENT = {1, 2, -1, 1, 5};

  private final MapBelow below = new MapBelow();
  private final List<Shard> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(Shard::close);
  }

  private Shard open() {
    var config =
        new OptimizerConfig(
            OptimizerKind.ADAGRAD, 0.04, 0.1, 0.02, 0.01, 0.1, 0.01, 0, 100, 0, 0, 1);
    var optimizer = Optimizer.of(config, 5);
    var decay = new Popularity(3_600_000);
    var shard =
        new Shard(
            0, below, new EmbeddingStore.Settings(DIMENSION, optimizer, decay, 256 << 10, 1 << 16));
    opened.add(shard);
    return shard;
  }

  /** Rows from three occurrences on. */
  private static Layout.Builder layout(long version, TailEncoding encoding) {
    var layout =
        Layout.newBuilder()
            .setVersion(version)
            .setBaseDimension(DIMENSION)
            .addDefaultBlocks(Block.newBuilder().setDimension(DIMENSION).setThreshold(3));
    return encoding == TailEncoding.NO_TAIL ? layout : layout.setTail(tail(encoding));
  }

  private static Tail tail(TailEncoding encoding) {
    return Tail.newBuilder().setEncoding(encoding).setDimension(TAIL).setRows(ROWS).build();
  }

  private static void follow(Shard shard, Layout.Builder layout) {
    shard.apply(UpdateBatch.newBuilder().setLayout(layout).build());
  }

  /** Each key occurs so often, and is learned with the tail's dimension. */
  private static TableUpdate.Builder update(int occurrences, long... keys) {
    TableUpdate.Builder update = Batches.table("user", GRADIENT, keys);
    for (int i = 0; i < keys.length; i++) {
      update.setOccurrences(i, occurrences).addDimensions(TAIL);
    }
    return update;
  }

  private static void learn(Shard shard, int occurrences, long... keys) {
    shard.apply(Batches.batch(update(occurrences, keys)).build());
  }

  private Shard withTail(TailEncoding encoding) {
    Shard shard = open();
    follow(shard, layout(2, encoding));
    learn(shard, 1, 100, 101, 102, 103, 104, 105, 106, 107);
    return shard;
  }

  private static float[] state(Shard shard, long key) {
    return Objects.requireNonNull(Reads.state(shard, "user", key));
  }

  private static LookupStatus status(Shard shard, String table, long key) {
    byte[] status = {-1};
    float[] vector = new float[DIMENSION];
    new ShardLookup()
        .vectors(
            shard,
            table,
            new long[] {key},
            0,
            1,
            BASIS,
            vector,
            new int[1],
            new int[1],
            status,
            null);
    return LookupStatus.of(status[0]);
  }

  @ParameterizedTest
  @EnumSource(names = {"HASH", "QR"})
  void aCategoryWithoutARowIsServedByRowsThatItShares(TailEncoding encoding) {
    Shard shard = withTail(encoding);

    for (long key : new long[] {100, 104, 999}) {
      float[] state = state(shard, key);
      assertThat(state).hasSize(2 * (1 + TAIL));
      float[] vector = Reads.vector(shard, "user", key, BASIS);
      assertThat(Arrays.copyOf(vector, TAIL)).containsExactly(state[1], state[2]);
      assertThat(Arrays.copyOfRange(vector, TAIL, DIMENSION)).containsOnly(0);
      assertThat(status(shard, "user", key)).isEqualTo(LookupStatus.TAIL);
    }
    assertThat(state(shard, 100)[0]).as("the weight has learned").isNegative();
    assertThat(status(shard, "nothing", 1)).isEqualTo(LookupStatus.UNKNOWN);
    assertThat(shard.census().getTailRows()).isBetween(1L, (long) ROWS);
    assertThat(shard.census().getTablesList()).hasSize(1);
    assertThat(shard.summary().tables()).containsOnlyKeys("user");
    assertThat(shard.summary().tables().values()).allMatch(table -> table.rows() == 0);
  }

  /** Both readers project alike. */
  @Test
  void whatIsServedIsProjectedWithTheBasis() {
    Shard shard = withTail(TailEncoding.QR);
    float[] values = new float[DIMENSION * DIMENSION];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % DIMENSION - 0.3f * i;
    }
    Basis basis = Basis.of(DIMENSION, values);
    float[] state = state(shard, 100);

    float[] vector = Reads.vector(shard, "user", 100, basis);

    for (int j = 0; j < DIMENSION; j++) {
      float sum = 0;
      for (int k = 0; k < TAIL; k++) {
        sum = Math.fma(state[1 + k], values[k * DIMENSION + j], sum);
      }
      assertThat(vector[j]).isEqualTo(sum);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HASH", "QR"})
  void aNewRowBeginsWithWhatWasServedBefore(TailEncoding encoding) {
    Shard shard = withTail(encoding);
    float[] served = state(shard, 5);

    // Without a gradient: the row is as it began.
    var counted = Batches.table("user", new float[0], 5).setOccurrences(0, 3).addDimensions(0);
    shard.apply(Batches.batch(counted).build());

    float[] state = state(shard, 5);
    assertThat(status(shard, "user", 5)).isEqualTo(LookupStatus.ROW);
    assertThat(Arrays.copyOf(state, 1 + TAIL)).isEqualTo(Arrays.copyOf(served, 1 + TAIL));
    assertThat(Arrays.copyOfRange(state, 1 + TAIL, 1 + DIMENSION)).doesNotContain(0);
    assertThat(Arrays.copyOfRange(state, 1 + DIMENSION, state.length)).containsOnly(0);
  }

  /**
   * A sweep comes by whenever it likes; what shared rows have learned until then must not matter.
   */
  @Test
  void aTraceThatALayoutGivesARowTakesItWhenItIsTouched() {
    Shard shard = withTail(TailEncoding.HASH);
    learn(shard, 4, 5);
    assertThat(status(shard, "user", 5)).isEqualTo(LookupStatus.ROW);
    follow(shard, layout(3, TailEncoding.HASH).setDefaultBlocks(0, NO_ROWS));
    shard.sweep(Long.MAX_VALUE);
    assertThat(status(shard, "user", 5)).isEqualTo(LookupStatus.TAIL);

    follow(shard, layout(4, TailEncoding.HASH));
    shard.sweep(Long.MAX_VALUE);
    assertThat(status(shard, "user", 5)).isEqualTo(LookupStatus.TAIL);
    learn(shard, 1, 100, 101, 102, 103);
    float[] served = state(shard, 5);
    var counted = Batches.table("user", new float[0], 5).addDimensions(0);
    shard.apply(Batches.batch(counted).build());

    assertThat(status(shard, "user", 5)).isEqualTo(LookupStatus.ROW);
    assertThat(Arrays.copyOf(state(shard, 5), 1 + TAIL)).isEqualTo(Arrays.copyOf(served, 1 + TAIL));
  }

  @Test
  void sharedRowsSurviveARestartAndAnotherLayoutWithTheSameTail() {
    Shard shard = withTail(TailEncoding.QR);
    float[] served = state(shard, 100);
    long rows = shard.census().getTailRows();
    shard.writeBack();
    Shard again = open();
    follow(again, layout(3, TailEncoding.QR));

    assertThat(state(again, 100)).isEqualTo(served);
    assertThat(again.census().getTailRows()).isEqualTo(rows);
  }

  @Test
  void anotherTailBeginsAnewAndNoneServesNothing() {
    Shard shard = withTail(TailEncoding.HASH);
    shard.sweep(Long.MAX_VALUE);
    shard.writeBack();
    follow(shard, layout(3, TailEncoding.QR));

    assertThat(shard.census().getTailRows()).isZero();
    assertThat(state(shard, 100)[0]).isZero();

    learn(shard, 1, 100);
    shard.sweep(Long.MAX_VALUE);
    shard.writeBack();
    follow(shard, layout(4, TailEncoding.NO_TAIL));
    assertThat(shard.census().getTailRows()).isZero();
    assertThat(status(shard, "user", 100)).isEqualTo(LookupStatus.UNKNOWN);
    shard.writeBack();
    assertThat(below.pairs.keySet()).noneMatch(key -> key.length == RowFormat.KEY_BYTES);
  }

  @Test
  void aGradientThatIsNoNumberIsRefusedOnce() {
    Shard shard = withTail(TailEncoding.QR);
    float[] served = state(shard, 100);
    float[] bad = {Float.NaN, 1, 1, 1, 1};
    var update = Batches.table("user", bad, 100).addDimensions(TAIL);

    shard.apply(Batches.batch(update).build());

    assertThat(shard.refusedGradients()).isEqualTo(1);
    assertThat(state(shard, 100)).isEqualTo(served);
  }

  /** Tails come and go beside readers: what they read is that of one of them, or nothing. */
  @Test
  void readersSeeOneTailOrTheOther() throws Exception {
    Shard shard = open();
    follow(shard, layout(2, TailEncoding.HASH).setDefaultBlocks(0, NO_ROWS));
    learn(shard, 1, 100, 101, 102, 103);
    var done = new AtomicBoolean();
    try (var readers = Executors.newFixedThreadPool(2)) {
      List<Future<Integer>> reads = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        reads.add(readers.submit(() -> readUntil(shard, done)));
      }
      for (int version = 3; version < 400; version++) {
        Tail.Builder tail = tail(TailEncoding.forNumber(1 + version % 2)).toBuilder();
        follow(
            shard,
            layout(version, TailEncoding.NO_TAIL)
                .setDefaultBlocks(0, NO_ROWS)
                .setTail(tail.setDimension(1 << version % 4)));
        shard.sweep(Long.MAX_VALUE);
        learn(shard, 1, 100, 101, 102, 103);
      }
      done.set(true);
      for (Future<Integer> read : reads) {
        assertThat(read.get()).isPositive();
      }
    }
  }

  private static int readUntil(Shard shard, AtomicBoolean done) {
    var lookup = new ShardLookup();
    var keys = new RowKeys();
    for (long key = 100; key < 104; key++) {
      keys.add("user", key);
    }
    int width = 2 * (1 + DIMENSION);
    float[] states = new float[4 * width];
    int[] dimensions = new int[4];
    int n = 0;
    do {
      Arrays.fill(states, Float.NaN);
      lookup.states(shard, keys, 0, states, width, dimensions, new int[4], new float[4]);
      for (int i = 0; i < 4; i++) {
        int d = dimensions[i];
        assertThat(d).isIn(ResidentRows.ABSENT, 1, 2, 4, 8);
        for (int k = 0; k < width; k++) {
          assertThat(Float.isNaN(states[i * width + k])).isEqualTo(d < 0 || k >= 2 * (1 + d));
        }
        // A remainder's ones, or a state of another dimension, would be far from what one step is.
        for (int k = 1; k <= d; k++) {
          assertThat(states[i * width + k]).isBetween(-0.5f, 0.5f);
        }
      }
      n++;
    } while (!done.get());
    return n;
  }
}
