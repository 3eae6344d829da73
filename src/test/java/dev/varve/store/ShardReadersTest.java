package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Basis;
import dev.varve.table.ClosedRowsException;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Readers beside the writer, in a memory that holds half of the rows: readers meet rows that come
 * and go. The gradients are chosen so that every float of a row tells how often the row was updated
 * and whose it is: a step moves each coordinate by the rate, up or down by a bit of the key, and
 * the sum of squares of the linear weight is the number of steps.
 */
class ShardReadersTest {
  private static final int DIMENSION = 128;
  private static final int WIDTH = RowEncoding.FLOAT32_ADAGRAD.stateLength(DIMENSION);
  private static final float RATE = 0.125f;
  private static final int KEYS = 500;
  private static final int UPDATED = 40;
  private static final int BATCHES = 2_000;
  private static final int LEAST_READS = 200;
  private static final Basis BASIS = Basis.identity(DIMENSION);

  /** With these, a step is the rate, and the initial coordinates vanish in the first. */
  private static final OptimizerConfig STEADY =
      new OptimizerConfig(
          OptimizerKind.ADAGRAD, RATE, RATE, RATE, RATE, 1e-20, 1e-30, 0, 1e6, 0, 0, 1);

  private static final Adagrad OPTIMIZER = new Adagrad(STEADY, 1);

  private final Shard shard =
      new Shard(
          0,
          new MapBelow(),
          new EmbeddingStore.Settings(
              DIMENSION, OPTIMIZER, new Popularity(1_000), ResidentRows.LEAST_BYTES, 1 << 16));

  private final int[] updates = new int[KEYS];
  private final AtomicBoolean written = new AtomicBoolean();

  @Test
  void aReaderNeverSeesATornRowOrARowOfAnotherKeyOrAnOlderRowThanBefore() throws Exception {
    List<Reader> readers = List.of(new StateReader(), new VectorReader());
    var random = new SplittableRandom(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(readers.size())) {
      List<Future<Boolean>> reading = readers.stream().map(threads::submit).toList();
      try {
        for (int i = 0;
            (i < BATCHES || !readers.stream().allMatch(Reader::hasReadMuch))
                && reading.stream().noneMatch(Future::isDone);
            i++) {
          write(random);
          if (i % 5 == 0) {
            shard.writeBack();
          }
        }
      } finally {
        written.set(true);
      }
      for (Future<Boolean> reader : reading) {
        assertThat(reader.get()).isTrue();
      }
    }
    assertThat(shard.rows().evictions()).as("rows that went").isGreaterThan(10_000);
    for (Reader reader : readers) {
      reader.readAll();
      assertThat(reader.seen).containsExactly(updates);
    }
    shard.close();
  }

  private void write(SplittableRandom random) {
    long[] keys = random.longs(0, KEYS).distinct().limit(UPDATED).toArray();
    shard.apply(batch(keys));
    for (long key : keys) {
      updates[(int) key]++;
    }
  }

  private static UpdateBatch batch(long[] keys) {
    var table = TableUpdate.newBuilder().setTable("user");
    float[] gradients = new float[keys.length * (3 + DIMENSION)];
    for (int i = 0; i < keys.length; i++) {
      table.addKeys(keys[i]).addOccurrences(1).addEventTimeOffsetsMs(0);
      int at = i * (3 + DIMENSION);
      gradients[at] = -1_000;
      for (int k = 0; k < DIMENSION; k++) {
        gradients[at + 1 + k] = -sign(keys[i], k);
      }
      gradients[at + 1 + DIMENSION] = 1;
    }
    return Batches.batch(table.setGradients(Batches.bytes(gradients))).build();
  }

  /** Where a coordinate goes: a bit of the key, and not the same for all of its coordinates. */
  private static int sign(long key, int coordinate) {
    return ((key + 1) >>> (coordinate % 9) & 1) == 0 ? 1 : -1;
  }

  /** How often the row was updated, when the vector is whole and the key's. */
  private static int updates(long key, float[] floats, int at) {
    int updates = Math.round(floats[at] * sign(key, 0) / RATE);
    // A new row is there for a moment before its first step.
    float[] initial = OPTIMIZER.initial("user", key, DIMENSION);
    for (int k = 0; k < DIMENSION; k++) {
      float expected = updates == 0 ? initial[1 + k] : updates * RATE * sign(key, k);
      if (floats[at + k] != expected) {
        throw new AssertionError(
            "coordinate %d of key %d: %s beside %s".formatted(k, key, floats[at + k], floats[at]));
      }
    }
    return updates;
  }

  /** Reads all rows over and over until the writer has written its last batch. */
  private abstract class Reader implements Callable<Boolean> {
    final ShardLookup lookup = new ShardLookup();
    final int[] dimensions = new int[KEYS];
    final int[] seen = new int[KEYS];
    private final AtomicInteger reads = new AtomicInteger();

    @Override
    public Boolean call() {
      while (!written.get()) {
        readAll();
        reads.incrementAndGet();
      }
      return true;
    }

    boolean hasReadMuch() {
      return reads.get() >= LEAST_READS;
    }

    /** Reads all keys at once. */
    abstract void read();

    /** How often the row of a key was updated that was read just now. */
    abstract int updatesOf(int key);

    void readAll() {
      read();
      for (int key = 0; key < KEYS; key++) {
        if (dimensions[key] == ResidentRows.ABSENT) {
          assertThat(seen[key]).as("key %d was there", key).isZero();
        } else {
          int updates = updatesOf(key);
          assertThat(updates).as("updates of key %d", key).isGreaterThanOrEqualTo(seen[key]);
          seen[key] = updates;
        }
      }
    }
  }

  private final class StateReader extends Reader {
    private final RowKeys keys = new RowKeys();
    private final float[] states = new float[KEYS * WIDTH];
    private final int[] found = new int[KEYS];

    StateReader() {
      for (int key = 0; key < KEYS; key++) {
        keys.add("user", key);
      }
    }

    @Override
    void read() {
      lookup.states(shard, keys, 0, states, WIDTH, dimensions, found, new float[found.length]);
    }

    @Override
    int updatesOf(int key) {
      int at = key * WIDTH;
      int updates = updates(key, states, at + 1);
      assertThat(states[at]).as("weight of key %d", key).isEqualTo(updates * RATE);
      assertThat(states[at + 1 + DIMENSION]).as("squares of key %d", key).isEqualTo(updates);
      return updates;
    }
  }

  private final class VectorReader extends Reader {
    private final long[] keys = new long[KEYS];
    private final int[] places = new int[KEYS];
    private final float[] vectors = new float[KEYS * DIMENSION];

    VectorReader() {
      for (int key = 0; key < KEYS; key++) {
        keys[key] = key;
        places[key] = key;
      }
    }

    @Override
    void read() {
      lookup.vectors(
          shard, "user", keys, 0, KEYS, BASIS, vectors, places, dimensions, new byte[KEYS], null);
    }

    @Override
    int updatesOf(int key) {
      return updates(key, vectors, key * DIMENSION);
    }
  }

  /** What a read of memory that was freed does is end the process. */
  @Test
  void aShardMayBeClosedUnderItsReadersAndTwiceAndTheyAreTold() throws Exception {
    write(new SplittableRandom(1));
    List<Reader> readers = List.of(new StateReader(), new VectorReader());
    var begun = new CountDownLatch(readers.size());
    try (ExecutorService threads = Executors.newFixedThreadPool(readers.size())) {
      List<Future<Boolean>> reading = new ArrayList<>();
      for (Reader reader : readers) {
        reading.add(
            threads.submit(
                () -> {
                  reader.readAll();
                  begun.countDown();
                  return reader.call();
                }));
      }
      begun.await();
      shard.close();
      shard.close();
      for (Future<Boolean> reader : reading) {
        assertThatThrownBy(reader::get)
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(ClosedRowsException.class);
      }
    }
    assertThatThrownBy(readers.getFirst()::read)
        .isInstanceOf(ClosedRowsException.class)
        .hasMessageStartingWith("rows: closed");
  }
}
