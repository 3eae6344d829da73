package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.schema.Block;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Decision;
import dev.varve.schema.Layout;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Basis;
import dev.varve.table.Popularity;
import dev.varve.table.RowFormat;
import dev.varve.table.RowKeys;
import dev.varve.testing.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What layouts do to the rows of a shard, where {@link ShardModelTest} says it for all at once. */
class ShardLayoutTest {
  private static final int DIMENSION = 8;
  private static final int SHARD = 3;
  private static final long HALF_LIFE_MS = 60_000;
  private static final int KEYS = 3_000;

  /** A few rows are moved in it. */
  private static final long KEEP_MS = 3_600_000;

  /** Memory for all rows. */
  private static final long ALL_FIT = 8 << 20;

  private static final Basis BASIS = Basis.of(DIMENSION, basis());

  private final MapBelow below = new MapBelow();
  private final List<Shard> opened = new ArrayList<>();
  private OptimizerKind kind = OptimizerKind.ADAGRAD;

  @AfterEach
  void close() {
    opened.forEach(Shard::close);
  }

  private static float[] basis() {
    float[] basis = new float[DIMENSION * DIMENSION];
    Cases.forSeed(
        1,
        random -> {
          for (int i = 0; i < basis.length; i++) {
            basis[i] = (float) random.nextGaussian();
          }
        });
    return basis;
  }

  /** With memory for a third of the rows, so that most of them are below only. */
  private Shard open() {
    return open(256 << 10, below);
  }

  private Shard open(long memory, MapBelow below) {
    var optimizer = optimizer();
    var decay = new Popularity(HALF_LIFE_MS);
    var shard =
        new Shard(
            SHARD,
            below,
            new EmbeddingStore.Settings(DIMENSION, optimizer, decay, memory, 1 << 16));
    opened.add(shard);
    return shard;
  }

  private Optimizer optimizer() {
    return Optimizer.of(
        new OptimizerConfig(kind, 0.04, 0.1, 0.02, 0.01, 0.1, 0.01, 0, 100, 0, 0, 1), 5);
  }

  /** A shard whose rows have all learned something, key k seen 1 + k % 16 times. */
  private Shard learned() {
    return learned(open());
  }

  private static Shard learned(Shard shard) {
    Cases.forSeed(
        2,
        random -> {
          for (int from = 0; from < KEYS; from += 100) {
            var update = TableUpdate.newBuilder().setTable("user");
            float[] gradients = new float[100 * (3 + DIMENSION)];
            for (int i = 0; i < 100; i++) {
              update.addKeys(from + i).addOccurrences(1 + (from + i) % 16).addEventTimeOffsetsMs(0);
            }
            for (int i = 0; i < gradients.length; i++) {
              gradients[i] = Math.abs((float) random.nextGaussian());
            }
            shard.apply(Batches.batch(update.setGradients(Batches.bytes(gradients))).build());
          }
        });
    shard.writeBack();
    return shard;
  }

  /** Few dimensions: none below 3, 1 below 6, 2 below 12, and then 4. */
  private static Layout.Builder small(long version) {
    return layout(version)
        .addDefaultBlocks(block(1, 3))
        .addDefaultBlocks(block(2, 6))
        .addDefaultBlocks(block(4, 12));
  }

  /** The same with so many parameters, a hundredth of them to grow into. */
  private static Layout.Builder withQuota(long quota) {
    return small(3)
        .setUnit(BudgetUnit.PARAMETERS)
        .setGrowth(quota / 100)
        .setSlack(quota / 100)
        .putQuotas(SHARD, quota);
  }

  private static Layout.Builder wide(long version) {
    return layout(version).addDefaultBlocks(block(DIMENSION, 0));
  }

  private static Layout.Builder layout(long version) {
    return Layout.newBuilder().setVersion(version).setBaseDimension(DIMENSION).setKeepMs(KEEP_MS);
  }

  private static Block.Builder block(int dimension, double threshold) {
    return Block.newBuilder().setDimension(dimension).setThreshold(threshold);
  }

  private static void follow(Shard shard, Layout.Builder layout) {
    shard.apply(UpdateBatch.newBuilder().setLayout(layout).build());
  }

  private static void sweep(Shard shard) {
    assertThat(shard.sweep(Long.MAX_VALUE)).isTrue();
  }

  /** Weight, coordinates and sums of every row, as they are now. */
  private static List<float[]> states(Shard shard) {
    List<float[]> states = new ArrayList<>();
    var keys = new RowKeys();
    for (int key = 0; key < KEYS; key++) {
      keys.add("user", key);
    }
    int width = 2 * (1 + DIMENSION);
    float[] all = new float[KEYS * width];
    new ShardLookup()
        .states(shard, keys, 0, all, width, new int[KEYS], new int[KEYS], new float[KEYS]);
    for (int key = 0; key < KEYS; key++) {
      states.add(Arrays.copyOfRange(all, key * width, (key + 1) * width));
    }
    return states;
  }

  private static float[] state(Shard shard, long key) {
    return Objects.requireNonNull(Reads.state(shard, "user", key));
  }

  private static List<float[]> vectors(Shard shard) {
    List<float[]> vectors = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      vectors.add(Reads.vector(shard, "user", key, BASIS));
    }
    return vectors;
  }

  private static int dimension(Shard shard, long key) {
    return shard.explain("user", key).getDimension();
  }

  private static void assertSame(List<float[]> actual, List<float[]> expected) {
    for (int key = 0; key < KEYS; key++) {
      assertThat(actual.get(key)).as("row %d", key).containsExactly(expected.get(key));
    }
  }

  // -- rollback

  @ParameterizedTest
  @EnumSource(OptimizerKind.class)
  void aRollbackRightAfterALayoutGivesEveryRowBackBitForBit(OptimizerKind of) {
    kind = of;
    Shard shard = learned();
    List<float[]> states = states(shard);
    List<float[]> vectors = vectors(shard);
    follow(shard, small(2));
    sweep(shard);
    assertThat(shard.summary().tables().values())
        .singleElement()
        .satisfies(
            table -> {
              assertThat(table.rowsByDimension()).containsOnlyKeys(1, 2, 4);
              assertThat(table.traces()).isPositive();
            });

    follow(shard, wide(3).setRestores(1));
    sweep(shard);

    assertSame(states(shard), states);
    assertSame(vectors(shard), vectors);
  }

  /** Updates wait for a step: where rows are slow it must be able to end soon. */
  @Test
  void aStepWithoutTimeTakesFewRowsInMemoryAndBelow() {
    Shard shard = learned();
    follow(shard, small(2));
    long moves = shard.census().getMoves();
    int steps = 0;
    while (!shard.sweep(0)) {
      assertThat(shard.census().getMoves() - moves).isLessThanOrEqualTo(4);
      moves = shard.census().getMoves();
      steps++;
    }
    // Each row is looked at in memory, and what has moved is put below.
    assertThat(steps).isGreaterThan(KEYS / 4);
  }

  /** Some rows have followed, some not; some of what was cut is below, and the shard is another. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 500, 1_000, 2_000})
  void soDoesOneInTheMiddleOfTheSweepAlsoBehindARestart(int moves) {
    Shard shard = learned();
    List<float[]> states = states(shard);
    follow(shard, small(2));
    while (shard.census().getMoves() < moves) {
      shard.sweep(0);
    }
    shard.writeBack();
    below.commit();
    shard.sweep(0);
    below.crash();
    Shard again = open();

    follow(again, wide(3).setRestores(1));
    sweep(again);

    assertSame(states(again), states);
  }

  /** Hardly a row has followed below, all have to readers. */
  @Test
  void soDoesOneWhileRowsAreAheadOfWhatIsBelow() {
    Shard shard = learned(open(ALL_FIT, below));
    List<float[]> states = states(shard);
    follow(shard, small(2).setExpire(2.5));
    serve(shard);
    follow(shard, wide(3).setRestores(1));
    float[] gradient = Batches.gradient(DIMENSION, 0.5f);
    shard.apply(
        Batches.batch(Batches.table("user", gradient, 15))
            .setEventTimeMs(Batches.NOON_MS + 1_000)
            .build());
    assertThat(shard.sweep(Long.MAX_VALUE)).isTrue();

    float[] stepped = states.get(15).clone();
    optimizer().step(stepped, 0, DIMENSION, gradient, 0);
    states.set(15, stepped);
    assertSame(states(shard), states);
    assertThat(shard.rows().aheadRows()).isZero();
  }

  @Test
  void whatWasLearnedSinceStaysWhereItIsRolledBack() {
    Shard shard = learned();
    float[] before = state(shard, 15);
    follow(shard, small(2));
    float[] gradient = Batches.gradient(4, 0.5f);
    var update = Batches.table("user", gradient, 15).addDimensions(4);
    shard.apply(Batches.batch(update).setEventTimeMs(Batches.NOON_MS + 1_000).build());
    sweep(shard);

    follow(shard, wide(3).setRestores(1));
    sweep(shard);

    float[] expected = before.clone();
    float[] stepped = new float[2 * (1 + 4)];
    optimizer().encoding().copy(before, DIMENSION, stepped, 4);
    optimizer().step(stepped, 0, 4, gradient, 0);
    optimizer().encoding().copy(stepped, 4, expected, DIMENSION);
    assertThat(Reads.state(shard, "user", 15)).containsExactly(expected).isNotEqualTo(before);
  }

  @Test
  void whereNothingIsKeptARollbackBeginsAnewBehindWhatIsLeft() {
    Shard shard = learned();
    float[] before = state(shard, 15);
    follow(shard, small(2).setKeepMs(0));
    sweep(shard);

    follow(shard, wide(3).setRestores(1).setKeepMs(0));
    sweep(shard);

    float[] left = new float[2 * (1 + 4)];
    optimizer().encoding().copy(before, DIMENSION, left, 4);
    float[] expected = optimizer().initial("user", 15, DIMENSION);
    optimizer().encoding().copy(left, 4, expected, DIMENSION);
    assertThat(Reads.state(shard, "user", 15)).containsExactly(expected).isNotEqualTo(before);
  }

  // -- ahead of what is below

  /** Sweeps until readers see the layout. */
  private static void serve(Shard shard) {
    while (!shard.isServed()) {
      shard.sweep(0);
    }
    assertThat(shard.rows().aheadRows()).isPositive();
  }

  @ParameterizedTest
  @EnumSource(OptimizerKind.class)
  void readersSeeALayoutBeforeItIsBelowAndNothingElseDoes(OptimizerKind of) {
    kind = of;
    Shard shard = learned(open(ALL_FIT, below));
    Map<byte[], byte[]> stored = new TreeMap<>(Arrays::compareUnsigned);
    stored.putAll(below.pairs);
    follow(shard, small(2));
    serve(shard);
    List<float[]> ahead = states(shard);
    int rowsAhead = shard.rows().aheadRows();
    TableSummary counted = Objects.requireNonNull(shard.summary().tables().get("user"));
    assertThat(counted.rowsByDimension()).containsEntry(DIMENSION, (long) rowsAhead);
    shard.writeBack();
    long unchanged =
        stored.entrySet().stream()
            .filter(row -> row.getKey().length == RowFormat.KEY_BYTES)
            .filter(row -> Arrays.equals(row.getValue(), below.pairs.get(row.getKey())))
            .count();
    assertThat(unchanged).isEqualTo(rowsAhead);
    below.commit();

    sweep(shard);
    assertSame(states(shard), ahead);
    below.crash();
    Shard again = open(ALL_FIT, below);
    sweep(again);

    assertSame(states(again), ahead);
    assertThat(again.summary().tables()).isEqualTo(shard.summary().tables());
  }

  /** Its trace had been given a row by a layout that is taken back before it was below. */
  @Test
  void aCategoryThatIsForgottenIsNotServedAheadAnyMore() {
    Shard shard = learned(open(ALL_FIT, below));
    follow(shard, small(2));
    sweep(shard);
    shard.writeBack();
    follow(shard, wide(3));
    serve(shard);
    assertThat(Reads.state(shard, "user", 0)).hasSize(2 * (1 + DIMENSION));

    follow(shard, small(4).setRestores(2).setExpire(1_000).setKeepMs(0));
    var update = Batches.table("user", Batches.gradient(DIMENSION, 0.5f), 0);
    shard.apply(Batches.batch(update).setEventTimeMs(Batches.NOON_MS + 1_000).build());

    assertThat(Reads.state(shard, "user", 0)).isNull();
    sweep(shard);
    assertThat(Reads.state(shard, "user", 0)).isNull();
  }

  @Test
  void anUpdateTakesARowThatIsAheadFromBelow() {
    Shard shard = learned(open(ALL_FIT, below));
    Shard other = learned(open(ALL_FIT, new MapBelow()));
    follow(shard, small(2));
    follow(other, small(2));
    serve(shard);
    float[] gradient = Batches.gradient(4, 0.5f);
    var update = Batches.table("user", gradient, 15).addDimensions(4);

    shard.apply(Batches.batch(update).setEventTimeMs(Batches.NOON_MS + 1_000).build());
    assertThat(shard.rows().isAhead(shard.rows().find(0, 15))).isFalse();
    other.apply(Batches.batch(update).setEventTimeMs(Batches.NOON_MS + 1_000).build());
    sweep(shard);
    sweep(other);

    assertSame(states(shard), states(other));
  }

  // -- while a sweep goes on

  @Test
  void updatesDoNotWaitForTheSweepNorDoesTheNextLayoutComeBeforeItsEnd() {
    Shard shard = learned();
    follow(shard, small(2));
    shard.sweep(0);
    follow(shard, wide(3));
    follow(shard, layout(4).addDefaultBlocks(block(1, 0)));

    var update = Batches.table("user", Batches.gradient(DIMENSION, 0.1f), 5);
    shard.apply(Batches.batch(update).build());

    assertThat(shard.isSwept()).isFalse();
    assertThat(shard.progress().layoutVersion()).isEqualTo(2);
    assertThat(dimension(shard, 5)).isEqualTo(2);
    assertThat(shard.takeDecisions()).extracting(Decision::getLayoutVersion).containsExactly(2L);
    while (shard.progress().layoutVersion() == 2) {
      assertThat(shard.sweep(0)).isFalse();
    }
    assertThat(shard.progress().layoutVersion()).as("the one between is passed over").isEqualTo(4);
    assertThat(shard.takeDecisions())
        .singleElement()
        .satisfies(decision -> assertThat(decision.getBehind()).isEqualTo(KEYS / 100 + 4));
    sweep(shard);
    assertThat(rows(shard, 1)).isEqualTo(KEYS);
  }

  @Test
  void aLayoutThatWaitsSurvivesARestart() {
    Shard shard = learned();
    follow(shard, small(2));
    shard.sweep(0);
    follow(shard, wide(3));
    shard.writeBack();
    below.commit();
    Shard again = open();

    sweep(again);

    assertThat(again.progress().layoutVersion()).isEqualTo(3);
    assertThat(rows(again, DIMENSION)).isEqualTo(KEYS);
  }

  /** Nor do thresholds rise before the last ones are everywhere; touched rows get no more room. */
  @Test
  void aPriceWaitsForTheSweepOfTheLast() {
    Shard shard = settled(true);
    shard.takeDecisions();
    assertThat(shard.isRoomAwaited()).as("by nobody yet").isFalse();
    var update = TableUpdate.newBuilder().setTable("user");
    for (int i = 0; i < NEWCOMERS; i++) {
      update.addKeys(KEYS + i).addOccurrences(4).addEventTimeOffsetsMs(0).addDimensions(0);
    }
    for (int second = 1; second <= 60; second++) {
      shard.apply(Batches.batch(update).setEventTimeMs(Batches.NOON_MS + 1_000L * second).build());
    }

    assertThat(shard.takeDecisions()).as("before the sweep").hasSize(1);
    assertThat(shard.census().getHeld()).as("that wanted more room").isPositive();
    assertThat(shard.isRoomAwaited()).as("in the midst of the sweep").isTrue();
    sweep(shard);
    assertThat(shard.isRoomAwaited()).as("behind it").isFalse();
    assertThat(shard.takeDecisions()).extracting(Decision::getSwept).containsExactly(true);
    shard.apply(Batches.batch(update).setEventTimeMs(Batches.NOON_MS + 61_000).build());
    shard.apply(Batches.batch(update).setEventTimeMs(Batches.NOON_MS + 62_000).build());
    assertThat(shard.takeDecisions()).as("behind it").hasSize(1);
  }

  /**
   * What the faded are to leave is not given to others before they have. Rows of the same
   * popularity stay or go together here, other than they are counted in their bins.
   */
  @Test
  void rowsTakeNoMoreThanTheyMayHoweverTheSweepIsCut() {
    Shard shard = learned();
    follow(shard, small(2).setUnit(BudgetUnit.PARAMETERS));
    sweep(shard);
    long quota = used(shard);
    follow(shard, withQuota(quota));
    int[] unswept = {0};
    Cases.forSeed(
        9,
        random -> {
          for (int second = 1; second <= 200; second++) {
            var update = TableUpdate.newBuilder().setTable("user");
            for (int i = 0; i < NEWCOMERS; i++) {
              update.addKeys(KEYS + i).addOccurrences(1 + random.nextInt(2));
              update.addEventTimeOffsetsMs(0).addDimensions(0);
            }
            long timeMs = Batches.NOON_MS + 1_000L * second;
            shard.apply(Batches.batch(update).setEventTimeMs(timeMs).build());
            // A row that rises may come before the others that fall under the same price.
            assertThat(used(shard)).as("second %d", second).isLessThan(quota * 1_002 / 1_000);
            for (int steps = random.nextInt(480); steps > 0 && !shard.isSwept(); steps--) {
              shard.sweep(0);
            }
            if (shard.isSwept()) {
              assertThat(used(shard)).as("second %d", second).isLessThanOrEqualTo(quota);
            } else {
              unswept[0]++;
            }
          }
        });
    assertThat(unswept[0]).as("updates in the midst of a sweep").isGreaterThan(50);
    assertThat(newcomers(shard, 4)).as("with most dimensions").isEqualTo(NEWCOMERS);
  }

  // -- moves

  /** The invariant of promotion: the served vector moves by the new coordinates' share only. */
  @Test
  void aPromotionChangesAServedVectorByTheAppendedCoordinatesOnly() {
    Shard shard = learned();
    follow(shard, small(2));
    sweep(shard);
    List<float[]> narrow = states(shard);
    List<float[]> served = vectors(shard);
    int[] dimensions = new int[KEYS];
    for (int key = 0; key < KEYS; key++) {
      dimensions[key] = dimension(shard, key);
    }

    follow(shard, wide(3));
    sweep(shard);

    double largest = 0;
    for (int key = 0; key < KEYS; key++) {
      int d = dimensions[key];
      float[] initial = optimizer().initial("user", key, DIMENSION);
      float[] state = state(shard, key);
      float[] vector = Reads.vector(shard, "user", key, BASIS);
      for (int j = 0; j < DIMENSION; j++) {
        float appended = 0;
        for (int k = d; k < DIMENSION; k++) {
          appended += initial[1 + k] * basis()[k * DIMENSION + j];
        }
        assertThat(vector[j] - served.get(key)[j])
            .as("row %d of dimension %d, coordinate %d", key, d, j)
            .isCloseTo(appended, within(1e-5f));
        largest = Math.max(largest, Math.abs(appended));
      }
      for (int k = 0; k < d; k++) {
        assertThat(state[1 + k]).isEqualTo(narrow.get(key)[1 + k]);
      }
    }
    assertThat(largest).as("the appended coordinates are no zeros").isBetween(0.01, 0.3);
  }

  @Test
  void aRowThatAnUpdateCarriesAcrossAThresholdMovesAtOnce() {
    Shard shard = learned();
    follow(shard, small(2));
    sweep(shard);
    assertThat(dimension(shard, 6)).isEqualTo(2);

    var update = Batches.table("user", Batches.gradient(2, 0.1f), 6).addDimensions(2);
    shard.apply(Batches.batch(update.setOccurrences(0, 6)).build());

    assertThat(dimension(shard, 6)).isEqualTo(4);
    assertThat(dimension(shard, 22)).as("one like it that nothing touched").isEqualTo(2);
  }

  @Test
  void aRowThatIsTouchedBeforeTheSweepComesByFollowsFirst() {
    Shard shard = learned();
    follow(shard, small(2));
    assertThat(dimension(shard, 5)).isEqualTo(DIMENSION);

    shard.apply(Batches.batch(Batches.table("user", Batches.gradient(DIMENSION, 0.1f), 5)).build());

    assertThat(dimension(shard, 5)).isEqualTo(2);
    assertThat(shard.isSwept()).isFalse();
  }

  @Test
  void growthThatIsTooMuchIsHeldBackAndCounted() {
    Shard shard = learned();
    follow(shard, small(2));
    sweep(shard);
    // Half of 4 parameters: one row may go from 2 to 4 dimensions, a second one not.
    follow(shard, small(3).setUnit(BudgetUnit.PARAMETERS).setGrowth(4));
    sweep(shard);

    for (long key : new long[] {6, 22, 38}) {
      var update = Batches.table("user", Batches.gradient(2, 0.1f), key).addDimensions(2);
      shard.apply(Batches.batch(update.setOccurrences(0, 6)).build());
    }

    assertThat(dimension(shard, 6)).isEqualTo(4);
    assertThat(dimension(shard, 22)).isEqualTo(2);
    assertThat(dimension(shard, 38)).isEqualTo(2);
    assertThat(shard.census().getHeld()).isEqualTo(2);
    assertThat(shard.census().getGrown()).isEqualTo(2);
  }

  // -- the price of room

  private static final int NEWCOMERS = 400;

  /** A shard that follows a layout with a hundredth of its use to grow into. */
  private Shard settled(boolean hasSlack) {
    Shard shard = learned();
    follow(shard, small(2));
    sweep(shard);
    long growth = used(shard) / 100;
    follow(
        shard,
        small(3).setUnit(BudgetUnit.PARAMETERS).setGrowth(growth).setSlack(hasSlack ? growth : 0));
    sweep(shard);
    return shard;
  }

  private static long used(Shard shard) {
    return shard.summary().tables().values().stream().mapToLong(TableSummary::parameters).sum();
  }

  /** Categories that nobody has seen become as popular as the top; others stay where they were. */
  private static void change(Shard shard) {
    for (int second = 1; second <= 60; second++) {
      var update = TableUpdate.newBuilder().setTable("user");
      for (int i = 0; i < NEWCOMERS; i++) {
        update.addKeys(KEYS + i).addOccurrences(1).addEventTimeOffsetsMs(0).addDimensions(0);
      }
      shard.apply(Batches.batch(update).setEventTimeMs(Batches.NOON_MS + 1_000L * second).build());
      sweep(shard);
    }
  }

  private static long rows(Shard shard, int dimension) {
    return shard.summary().tables().values().stream()
        .mapToLong(table -> table.rowsByDimension().getOrDefault(dimension, 0L))
        .sum();
  }

  private static long newcomers(Shard shard, int dimension) {
    long rows = 0;
    for (int key = KEYS; key < KEYS + NEWCOMERS; key++) {
      rows += dimension(shard, key) == dimension ? 1 : 0;
    }
    return rows;
  }

  @Test
  void aShardWithoutRoomRaisesItsThresholdsSoThatTheFadedMakeRoomForThePopular() {
    Shard shard = settled(true);
    long before = used(shard);
    long growth = shard.census().getGrown();
    assertThat(growth).isZero();

    change(shard);

    assertThat(shard.census().getRaised()).as("thresholds").isGreaterThan(1);
    assertThat(newcomers(shard, 4)).as("with most dimensions").isEqualTo(NEWCOMERS);
    assertThat(used(shard)).isBetween(before * 95 / 100, before * 102 / 100);
    assertThat(used(shard) - before).isEqualTo(shard.census().getGrown());
  }

  /** The census that a layout was made of may be old: the shard fits it to its rows. */
  @ParameterizedTest
  @ValueSource(ints = {80, 95, 105, 120})
  void aLayoutIsFittedToTheRowsThatAreThereWhenItComes(int percent) {
    Shard shard = learned();
    follow(shard, small(2).setUnit(BudgetUnit.PARAMETERS));
    sweep(shard);
    long quota = used(shard) * percent / 100;

    follow(shard, withQuota(quota));
    sweep(shard);

    double raised = shard.census().getRaised();
    assertThat(raised < 1).as("thresholds: %s", raised).isEqualTo(percent > 100);
    // Popularities are whole numbers here, so rows come and go by the hundred.
    assertThat(used(shard)).isBetween(quota * 80 / 100, quota);
    assertThat(shard.census().getGrown()).isEqualTo(used(shard) - (quota - quota / 100));
  }

  /**
   * Four quiet half-lives between the census and its layout: a sixteenth of every popularity is
   * left.
   */
  @Test
  void rowsThatHaveOnlyFadedKeepTheirDimensionsWhileThereIsRoom() {
    Shard shard = learned();
    follow(shard, small(2).setUnit(BudgetUnit.PARAMETERS));
    sweep(shard);
    long before = used(shard);
    long widest = rows(shard, 4);
    var touched = TableUpdate.newBuilder().setTable("user").addKeys(KEYS - 1).addDimensions(0);
    touched.addOccurrences(1).addEventTimeOffsetsMs(0);
    shard.apply(Batches.batch(touched).setEventTimeMs(Batches.NOON_MS + 4 * HALF_LIFE_MS).build());

    follow(
        shard,
        small(3)
            .setUnit(BudgetUnit.PARAMETERS)
            .setGrowth(before / 50)
            .setSlack(before / 100)
            .putQuotas(SHARD, before * 102 / 100));
    sweep(shard);

    assertThat(used(shard)).isBetween(before * 99 / 100, before * 102 / 100);
    assertThat(rows(shard, 4)).isEqualTo(widest);
  }

  @Test
  void withoutSlackTheyWaitForTheNextLayout() {
    Shard shard = settled(false);
    long before = used(shard);

    change(shard);

    assertThat(shard.census().getRaised()).isEqualTo(1);
    assertThat(newcomers(shard, 4)).isLessThan(NEWCOMERS / 4);
    assertThat(used(shard)).isBetween(before, before * 102 / 100);
    assertThat(shard.census().getHeld()).isPositive();
  }

  @Test
  void theNextLayoutComesAtItsOwnThresholdsAgain() {
    Shard shard = settled(true);
    change(shard);
    double raised = shard.explain("user", 0).getBlocks().getBlocks(0).getThreshold();

    follow(shard, small(4));
    sweep(shard);

    assertThat(raised).isGreaterThan(3);
    assertThat(shard.census().getRaised()).isEqualTo(1);
    assertThat(shard.explain("user", 0).getBlocks().getBlocks(0).getThreshold()).isEqualTo(3);
  }

  @Test
  void anOlderLayoutAndTheSameAgainChangeNothing() {
    Shard shard = learned();
    follow(shard, small(5));
    sweep(shard);
    var census = shard.census();

    follow(shard, wide(5));
    follow(shard, wide(4));

    assertThat(shard.isSwept()).isTrue();
    assertThat(shard.census()).isEqualTo(census);
  }

  @Test
  void aLayoutThatIsRefusedChangesNothing() {
    Shard shard = learned();
    var census = shard.census();

    assertThatThrownBy(() -> follow(shard, small(2).addDefaultBlocks(block(3, 20))))
        .isInstanceOf(RefusedBatchException.class);

    assertThat(shard.isSwept()).isTrue();
    assertThat(shard.census()).isEqualTo(census);
    assertThat(dimension(shard, 5)).isEqualTo(DIMENSION);
  }
}
