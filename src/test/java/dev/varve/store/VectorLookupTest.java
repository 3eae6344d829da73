package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.event.Category;
import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.TableUpdate;
import dev.varve.table.Basis;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.testing.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lookups over several shards that hold the rows of a table, a part of them only below. */
class VectorLookupTest {
  private static final int DIMENSION = 64;
  private static final int SHARDS = 3;
  private static final int ROWS = 2_000;
  private static final float[] GRADIENT = Batches.gradient(DIMENSION, 0.5f);
  private static final Basis BASIS = Basis.identity(DIMENSION);
  private static final Adagrad OPTIMIZER = new Adagrad(OptimizerConfig.defaults(), 5);

  private final List<Shard> shards = new ArrayList<>();
  private final VectorLookup lookup = new VectorLookup();

  @BeforeEach
  void open() {
    for (int shard = 0; shard < SHARDS; shard++) {
      int owner = shard;
      long[] keys =
          LongStream.range(0, ROWS)
              .filter(key -> Category.shard("user", key, SHARDS) == owner)
              .toArray();
      Shard opened =
          new Shard(
              shard,
              new MapBelow(),
              new EmbeddingStore.Settings(
                  DIMENSION, OPTIMIZER, new Popularity(1_000), ResidentRows.LEAST_BYTES, 1 << 16));
      TableUpdate.Builder table = Batches.table("user", GRADIENT, keys);
      opened.apply(Batches.batch(table).build());
      assertThat(opened.rows().size()).as("rows in memory").isLessThan(keys.length);
      shards.add(opened);
    }
  }

  @AfterEach
  void close() {
    shards.forEach(Shard::close);
  }

  private Vectors lookup(String table, long[] keys, Basis basis) {
    var found = new Vectors(keys.length, basis.width(), true);
    Arrays.fill(timesMs(found), -9);
    Arrays.fill(found.vectors(), Float.NaN);
    Arrays.fill(found.statuses(), (byte) 9);
    Arrays.fill(found.dimensions(), -9);
    lookup.lookup(
        table, keys, SHARDS, (shard, read) -> read.accept(shards.get(shard)), basis, found);
    return found;
  }

  private static float[] expected(long key, Basis basis) {
    float[] vector = new float[basis.width()];
    if (key < ROWS) {
      float[] state = OPTIMIZER.initial("user", key, DIMENSION);
      OPTIMIZER.step(state, 0, DIMENSION, GRADIENT, 0);
      System.arraycopy(state, 1, vector, 0, DIMENSION);
    }
    return vector;
  }

  private static float[] vector(Vectors found, int i) {
    return Arrays.copyOfRange(found.vectors(), i * found.width(), (i + 1) * found.width());
  }

  /** Any keys in any order, some of them twice, some without a row. */
  private static long[] keys(RandomGenerator random, int n) {
    return random.longs(n, 0, ROWS + ROWS / 4).toArray();
  }

  @Test
  void vectorsComeInTheOrderOfTheirKeysHoweverManyThereAre() {
    Cases.forAll(
        30,
        random -> {
          int[] sizes = {random.nextInt(600), VectorLookup.MOST, 3 * VectorLookup.MOST + 1};
          long[] keys = keys(random, sizes[random.nextInt(sizes.length)]);

          Vectors found = lookup("user", keys, BASIS);

          for (int i = 0; i < keys.length; i++) {
            boolean isRow = keys[i] < ROWS;
            assertThat(Arrays.equals(vector(found, i), expected(keys[i], BASIS)))
                .as("%d", keys[i])
                .isTrue();
            assertThat(LookupStatus.of(found.statuses()[i]))
                .isEqualTo(isRow ? LookupStatus.ROW : LookupStatus.UNKNOWN);
            assertThat(found.dimensions()[i]).isEqualTo(isRow ? DIMENSION : 0);
            // Of 256 ms each; some rows are in memory, the others only below.
            assertThat(timesMs(found)[i]).isEqualTo(isRow ? Batches.NOON_MS / 256 * 256 : 0);
          }
        });
  }

  @Test
  void aTableThatDoesNotExistHasTheZeroVectorForEveryKey() {
    assertThat(lookup("user", new long[] {1, 2}, BASIS).statuses())
        .containsOnly(LookupStatus.ROW.code());

    Vectors found = lookup("item", new long[] {1, 2}, BASIS);

    assertThat(found.vectors()).containsOnly(0);
    assertThat(found.statuses()).containsOnly(LookupStatus.UNKNOWN.code());
    assertThat(found.dimensions()).containsOnly(0);
    assertThat(timesMs(found)).containsOnly(0);
  }

  private static long[] timesMs(Vectors found) {
    return Objects.requireNonNull(found.timesMs());
  }

  @Test
  void onlyShardsThatOwnAKeyAreRead() {
    long key = 7;
    List<Integer> read = new ArrayList<>();
    lookup.lookup(
        "user",
        new long[] {key, key},
        SHARDS,
        (shard, _) -> read.add(shard),
        BASIS,
        new Vectors(2, DIMENSION));

    assertThat(read).containsExactly(Category.shard("user", key, SHARDS));
  }

  /** A thread has one lookup for all applications of the process. */
  @Test
  void widthAndNumberOfShardsMayChangeFromOneLookupToTheNext() {
    long[] keys = {3, 5, 8};
    lookup("user", keys, BASIS);
    Basis wider = Basis.identity(2 * DIMENSION);
    Vectors wide = lookup("user", keys, wider);

    for (int i = 0; i < keys.length; i++) {
      assertThat(vector(wide, i)).containsExactly(expected(keys[i], wider));
    }
    var found = new Vectors(keys.length, DIMENSION);
    lookup.lookup("user", keys, 100, (_, read) -> read.accept(shards.getFirst()), BASIS, found);
    for (int i = 0; i < keys.length; i++) {
      boolean isThere = Category.shard("user", keys[i], SHARDS) == 0;
      assertThat(LookupStatus.of(found.statuses()[i]) == LookupStatus.ROW).isEqualTo(isThere);
    }
  }
}
