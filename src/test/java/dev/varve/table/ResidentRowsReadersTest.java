package dev.varve.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Readers beside a writer that does everything at random; longer with a property. */
class ResidentRowsReadersTest {
  private static final long SECONDS = Long.getLong("varve.churn.seconds", 3);
  private static final int READERS = 2;
  private static final int LEAST_ROUNDS = 4;

  private final RowChurn churn = new RowChurn(1);
  private final CountDownLatch reading = new CountDownLatch(READERS);
  private final AtomicBoolean done = new AtomicBoolean();

  @Test
  void whatReadersFindIsWholeAndOfItsKeyAndNotOlderThanBeforeAndWhatStaysIsFound()
      throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<Long>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        readers.add(threads.submit(new Reader(i)));
      }
      reading.await();
      try {
        write();
      } finally {
        done.set(true);
      }
      for (Future<Long> reader : readers) {
        assertThat(reader.get()).as("rows read").isPositive();
      }
    }
    churn.close();
    assertThat(churn.evictions()).isPositive();
    assertThat(churn.grown()).isPositive();
    assertThat(churn.pagesGiven()).isPositive();
  }

  private void write() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    for (int round = 0; round < LEAST_ROUNDS || System.nanoTime() < end; round++) {
      churn.steps(500);
      churn.reopen();
    }
  }

  /** Reads all keys over and over, in batches of different ones. */
  private final class Reader implements Callable<Long> {
    private static final int MOST = ResidentRows.CHUNK + 100;
    private static final int WIDTH = 128;
    private static final int OTHERS = RowChurn.KEYS - RowChurn.PINNED;
    private static final int LENGTH = RowChurn.ENCODING.stateLength(WIDTH);

    private final Random random;
    private final RowReader reader = new RowReader();
    private final int[] batch = new int[MOST];
    private final int[] tables = new int[MOST];
    private final long[] categories = new long[MOST];
    private final int[] floors = new int[MOST];
    private final int[] dimensions = new int[MOST];
    private final float[] out = new float[MOST * LENGTH];
    private final long[] counted = new long[2 * MOST];
    private final int[] seen = new int[RowChurn.KEYS];
    private final Basis identity = Basis.identity(WIDTH);
    private final Basis twice = twice();
    private long found;

    Reader(long seed) {
      random = new Random(seed);
    }

    private static Basis twice() {
      float[] values = new float[WIDTH * WIDTH];
      for (int i = 0; i < WIDTH; i++) {
        values[i * WIDTH + i] = 2;
      }
      return Basis.of(WIDTH, values);
    }

    @Override
    public Long call() {
      reading.countDown();
      while (!done.get() || found == 0) {
        int n = random.nextInt(20) == 0 ? MOST : random.nextInt(1, 40);
        choose(n);
        ResidentRows rows = churn.rows();
        try {
          read(rows, n, random.nextInt(3));
        } catch (ClosedRowsException e) {
          assertThat(churn.rows()).as("the rows that came after").isNotSameAs(rows);
        }
        // Better interrupted here than within the gate, where it would hold the writer up.
        Thread.onSpinWait();
      }
      return found;
    }

    private void choose(int n) {
      int first = random.nextInt(RowChurn.KEYS);
      int step = random.nextInt(2) == 0 ? 1 : 7;
      for (int i = 0; i < n; i++) {
        boolean isPinned = i % 4 == 3 && i / 4 < RowChurn.PINNED;
        batch[i] = isPinned ? i / 4 : RowChurn.PINNED + (first + i * step) % OTHERS;
        tables[i] = RowChurn.table(batch[i]);
        categories[i] = RowChurn.category(batch[i]);
        floors[i] = churn.atLeast(batch[i]);
      }
    }

    private void read(ResidentRows rows, int n, int how) {
      if (how == 0) {
        reader.rows(rows, tables, categories, 0, n, out, LENGTH, dimensions, counted);
      } else {
        reader.vectors(
            rows, tables, categories, 0, n, how == 1 ? identity : twice, out, dimensions);
      }
      for (int i = 0; i < n; i++) {
        if (dimensions[i] == ResidentRows.ABSENT) {
          assertThat(batch[i])
              .as("a row that stays is not found")
              .isGreaterThanOrEqualTo(RowChurn.PINNED);
        } else {
          int version = version(i, how);
          check(i, version);
          if (how == 0) {
            assertThat(counted[2 * i]).as("popularity at version %d", version).isPositive();
            assertThat(counted[2 * i + 1]).as("time").isEqualTo(batch[i]);
          }
        }
      }
    }

    private int version(int i, int how) {
      int length = RowChurn.ENCODING.stateLength(dimensions[i]);
      return how == 0
          ? Versions.ofState(batch[i], out, i * LENGTH, length)
          : Versions.ofVector(batch[i], out, i * WIDTH, dimensions[i], how);
    }

    private void check(int i, int version) {
      int key = batch[i];
      int least = Math.max(floors[i], seen[key]);
      if (version < least) {
        throw new AssertionError(
            "key %d: version %d (expected: %d or later)".formatted(key, version, least));
      }
      seen[key] = version;
      found++;
    }
  }
}
