package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Readers beside the writer. The gradients are chosen so that every state tells whether it is whole
 * and whose it is: of the row of key k, updated n times, the sum of squares is n for the linear
 * weight and n k² for each coordinate, in floats without rounding.
 */
class ShardReadersTest {
  private static final int DIMENSION = 64;
  private static final int BATCHES = 4_000;
  private static final int READERS = 2;
  private static final long[] KEYS = {3, 5, 7, 11, 13, 17};

  private final MapBelow below = new MapBelow();

  /** So few rows fit in memory that each write-back evicts: readers meet rows that come and go. */
  private final Shard shard =
      new Shard(
          0,
          below,
          DIMENSION,
          new Adagrad(OptimizerConfig.defaults(), 1),
          new Popularity(1_000),
          2 * (152 + 8L * (1 + DIMENSION)));

  private final CountDownLatch reading = new CountDownLatch(READERS);
  private final AtomicBoolean written = new AtomicBoolean();

  @Test
  void aReaderNeverSeesATornRowOrARowOfAnotherKeyOrAnOlderRowThanBefore() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<Long>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        readers.add(threads.submit(new Reader()));
      }
      reading.await();
      try {
        write();
      } finally {
        written.set(true);
      }
      for (Future<Long> reader : readers) {
        assertThat(reader.get()).as("states read").isPositive();
      }
    }
    for (long key : KEYS) {
      float[] last = Objects.requireNonNull(shard.read("user", key));
      assertThat(updates(last, key)).isEqualTo(BATCHES);
    }
  }

  private void write() {
    UpdateBatch batch = batch();
    for (int i = 0; i < BATCHES; i++) {
      shard.apply(batch);
      if (i % 3 == 0) {
        shard.writeBack();
      }
    }
  }

  private static UpdateBatch batch() {
    var table = TableUpdate.newBuilder().setTable("user");
    float[] gradients = new float[KEYS.length * (3 + DIMENSION)];
    for (int i = 0; i < KEYS.length; i++) {
      table.addKeys(KEYS[i]).addOccurrences(1).addEventTimeOffsetsMs(0);
      int at = i * (3 + DIMENSION);
      Arrays.fill(gradients, at, at + 1 + DIMENSION, (float) KEYS[i]);
      gradients[at + 1 + DIMENSION] = 1;
      gradients[at + 2 + DIMENSION] = DIMENSION * KEYS[i] * KEYS[i];
    }
    return Batches.batch(table.setGradients(Batches.bytes(gradients))).build();
  }

  /** How often the row was updated, when it is whole and the key's. */
  private static long updates(float[] state, long key) {
    float n = state[1 + DIMENSION];
    for (int i = 2 + DIMENSION; i < state.length; i++) {
      assertThat(state[i]).as("sum of squares %d of key %d", i, key).isEqualTo(n * key * key);
    }
    return (long) n;
  }

  /** Reads all rows over and over until the writer has written its last batch. */
  private final class Reader implements Callable<Long> {
    private final long[] seen = new long[KEYS.length];
    private long reads;

    @Override
    public Long call() {
      reading.countDown();
      while (!written.get()) {
        for (int i = 0; i < KEYS.length; i++) {
          read(i);
        }
      }
      return reads;
    }

    private void read(int i) {
      float[] state = shard.read("user", KEYS[i]);
      if (state == null) {
        assertThat(seen[i]).as("key %d was there", KEYS[i]).isZero();
        return;
      }
      long updates = updates(state, KEYS[i]);
      assertThat(updates).as("updates of key %d", KEYS[i]).isGreaterThanOrEqualTo(seen[i]);
      seen[i] = updates;
      reads++;
    }
  }
}
