package dev.varve.store;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowKeys;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a trainer reads ahead of the table, and what the table makes of it. */
class ForesightTest {
  private static final int DIMENSION = 8;
  private static final int KEYS = 200;

  /** The first of them have occurred before. */
  private static final int KNOWN = 100;

  private static final long HALF_LIFE_MS = 60_000;
  private static final int WIDTH = 2 * (1 + DIMENSION);

  /**
   * Thresholds between whole numbers: what the sketch tells may be a little less than was counted.
   */
  private static final Layout LAYOUT =
      Layout.newBuilder()
          .setVersion(2)
          .setBaseDimension(DIMENSION)
          .setHysteresis(0.2)
          .addDefaultBlocks(Block.newBuilder().setDimension(1).setThreshold(2.5))
          .addDefaultBlocks(Block.newBuilder().setDimension(2).setThreshold(5.5))
          .addDefaultBlocks(Block.newBuilder().setDimension(4).setThreshold(11.5))
          .addDefaultBlocks(Block.newBuilder().setDimension(8).setThreshold(29.5))
          .build();

  private static final Block NEVER = Block.newBuilder().setDimension(8).setThreshold(1e9).build();

  private final int[] ahead = new int[KEYS];
  private final int[] now = new int[KEYS];
  private final int[] read = new int[KEYS];
  private final int[] foreseen = new int[KEYS];
  private final int[] found = new int[KEYS];

  /** Dimensions beside those last read, with nothing counted that is under way. */
  private final int[] asItIs = new int[KEYS];

  private final int[] left = new int[KEYS];
  private int widened;
  private int made;

  @ParameterizedTest
  @EnumSource(OptimizerKind.class)
  void aRowIsReadAsItsUpdateFindsIt(OptimizerKind kind) {
    var optimizer =
        Optimizer.of(
            new OptimizerConfig(kind, 0.04, 0.1, 0.02, 0.01, 0.1, 0.01, 0, 100, 0, 0, 1), 5);
    forAll(
        20,
        random -> {
          var decay = new Popularity(HALF_LIFE_MS);
          var settings = new EmbeddingStore.Settings(DIMENSION, optimizer, decay, 1 << 20, 1 << 16);
          var below = new MapBelow();
          try (var shard = new Shard(0, below, settings)) {
            learn(shard, random);
          }
          // All rows are below only now.
          try (var shard = new Shard(0, below, settings)) {
            check(shard, optimizer, random);
          }
        });

    assertThat(widened).isGreaterThan(500);
    assertThat(made).isGreaterThan(100);
  }

  @Test
  void rowsAreReadByTheRuleThatTheShardFollowsNow() {
    var optimizer = Optimizer.of(OptimizerConfig.defaults(), 5);
    var decay = new Popularity(HALF_LIFE_MS);
    var settings = new EmbeddingStore.Settings(DIMENSION, optimizer, decay, 1 << 20, 1 << 16);
    try (var shard = new Shard(0, new MapBelow(), settings)) {
      learn(shard, new SplittableRandom(1));
      Arrays.fill(ahead, 40);
      states(shard, Batches.NOON_MS, foreseen, ahead, now);
      assertThat(foreseen).containsOnly(8);

      Layout later = LAYOUT.toBuilder().setVersion(3).setDefaultBlocks(3, NEVER).build();
      shard.apply(UpdateBatch.newBuilder().setLayout(later).build());
      shard.sweep(Long.MAX_VALUE);
      states(shard, Batches.NOON_MS, foreseen, ahead, now);
      assertThat(foreseen).containsOnly(4);
    }
  }

  private static void learn(Shard shard, RandomGenerator random) {
    shard.apply(UpdateBatch.newBuilder().setLayout(LAYOUT).build());
    shard.sweep(Long.MAX_VALUE);
    int[] occurrences = random.ints(KNOWN, 1, 40).toArray();
    int[] dimensions = new int[KNOWN];
    Arrays.fill(dimensions, DIMENSION);
    shard.apply(update(Batches.NOON_MS, occurrences, dimensions, random));
    shard.writeBack();
  }

  private void check(Shard shard, Optimizer optimizer, RandomGenerator random) {
    long atMs = Batches.NOON_MS + random.nextLong(3 * HALF_LIFE_MS);
    if (random.nextBoolean()) {
      // To have rows in memory.
      shard.apply(
          update(Batches.NOON_MS, random.ints(KNOWN, 0, 3).toArray(), new int[KNOWN], random));
    }
    for (int key = 0; key < KEYS; key++) {
      ahead[key] = random.nextInt(3) == 0 ? 0 : random.nextInt(30);
      now[key] = 1 + random.nextInt(5);
    }
    states(shard, 0, read, new int[KEYS], new int[KEYS]);
    float[] expected = states(shard, atMs, foreseen, ahead, now);
    assertThat(asItIs).isEqualTo(read);

    shard.apply(update(atMs, ahead, new int[KEYS], random));
    float[] actual = states(shard, 0, found, new int[KEYS], new int[KEYS]);
    for (int key = 0; key < KEYS; key++) {
      boolean isCountedOnly = key < KNOWN && read[key] == ResidentRows.ABSENT;
      if (found[key] > 0 && found[key] >= read[key] && !isCountedOnly) {
        assertThat(foreseen[key]).as("dimension of %d", key).isEqualTo(found[key]);
        int length = optimizer.encoding().stateLength(found[key]);
        int from = key * WIDTH;
        assertThat(Arrays.copyOfRange(expected, from, from + length))
            .isEqualTo(Arrays.copyOfRange(actual, from, from + length));
        widened += found[key] > read[key] ? 1 : 0;
      }
    }
    checkMade(shard, optimizer, expected, atMs, random);
  }

  /** Rows that the update itself gives: they begin as was foreseen, and take its step. */
  private void checkMade(
      Shard shard, Optimizer optimizer, float[] expected, long atMs, RandomGenerator random) {
    int[] dimensions = new int[KEYS];
    for (int key = 0; key < KEYS; key++) {
      boolean isMade = found[key] == ResidentRows.ABSENT && foreseen[key] > 0;
      dimensions[key] = isMade ? foreseen[key] : 0;
    }
    long seed = random.nextLong();
    shard.apply(update(atMs, now, dimensions, new SplittableRandom(seed)));
    float[] actual = states(shard, 0, left, new int[KEYS], new int[KEYS]);
    var again = new SplittableRandom(seed);
    for (int key = 0; key < KEYS; key++) {
      int d = dimensions[key];
      if (d > 0) {
        float[] state = Arrays.copyOfRange(expected, key * WIDTH, (key + 1) * WIDTH);
        optimizer.step(state, 0, d, gradient(again, d), 0);
        assertThat(left[key]).isGreaterThanOrEqualTo(d);
        assertThat(Arrays.copyOfRange(actual, key * WIDTH, key * WIDTH + 1 + d))
            .isEqualTo(Arrays.copyOf(state, 1 + d));
        made++;
      }
    }
  }

  private float[] states(Shard shard, long atMs, int[] to, int[] ahead, int[] now) {
    var keys = new RowKeys();
    for (int key = 0; key < KEYS; key++) {
      keys.add("user", key, ahead[key], now[key]);
    }
    float[] states = new float[KEYS * WIDTH];
    new ShardLookup().states(shard, keys, atMs, states, WIDTH, to, asItIs, new float[keys.size()]);
    return states;
  }

  private static UpdateBatch update(
      long atMs, int[] occurrences, int[] dimensions, RandomGenerator random) {
    var update = TableUpdate.newBuilder().setTable("user");
    float[] gradients = new float[occurrences.length * (3 + DIMENSION)];
    int floats = 0;
    for (int key = 0; key < occurrences.length; key++) {
      if (occurrences[key] > 0) {
        int d = dimensions[key];
        update.addKeys(key).addOccurrences(occurrences[key]).addDimensions(d);
        update.addEventTimeOffsetsMs(0);
        if (d > 0) {
          System.arraycopy(gradient(random, d), 0, gradients, floats, 3 + d);
          floats += 3 + d;
        }
      }
    }
    update.setGradients(Batches.bytes(Arrays.copyOf(gradients, floats)));
    return Batches.batch(update).setEventTimeMs(atMs).build();
  }

  private static float[] gradient(RandomGenerator random, int dimension) {
    float[] gradient = new float[3 + dimension];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = Math.abs((float) random.nextGaussian());
    }
    return gradient;
  }
}
