package dev.varve.serve;

import dev.varve.event.Category;
import dev.varve.store.Embeddings;
import dev.varve.store.LookupStatus;
import dev.varve.store.RocksDbUse;
import dev.varve.store.TableSummary;
import dev.varve.store.Vectors;
import dev.varve.table.RowMemory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Embeddings in a map, which can be told to fail. */
final class FakeEmbeddings implements Embeddings {
  static final int DIMENSION = 3;
  static final long WATERMARK_MS = 1_651_363_200_123L;

  /** Less the first float of the row whose time it is. */
  static final long UPDATED_MS = 1_651_363_100_000L;

  private final SortedMap<String, Map<Long, float[]>> tables = new TreeMap<>();
  private final int dimension;
  private volatile boolean ready = true;
  private volatile @Nullable RuntimeException failure;
  private volatile CountDownLatch held = new CountDownLatch(0);
  private final Semaphore waiting = new Semaphore(0);
  private volatile String lookupThread = "none";
  private volatile long lagMs;
  private volatile long mostLagMs;

  FakeEmbeddings(int dimension) {
    this.dimension = dimension;
  }

  /** The table {@code user}: "7" and "a" have rows. */
  static FakeEmbeddings users() {
    return new FakeEmbeddings(DIMENSION)
        .with("user", "7", 1, -2.5f, 0.1f)
        .with("user", "a", 4, 5, 6);
  }

  FakeEmbeddings with(String table, String id, float... vector) {
    tables.computeIfAbsent(table, _ -> new HashMap<>()).put(Category.key(id), vector);
    return this;
  }

  /** From now on every read throws this. */
  void fail(RuntimeException thrown) {
    failure = thrown;
    ready = false;
  }

  /** From now on every read waits for the latch. */
  void hold(CountDownLatch latch) {
    held = latch;
  }

  /** From now on copies so far behind are read. */
  void lag(long ms) {
    lagMs = ms;
  }

  /** How far behind the last lookup let copies be. */
  long mostLagMs() {
    return mostLagMs;
  }

  /** The thread of the last lookup. */
  String lookupThread() {
    return lookupThread;
  }

  @Override
  public boolean ready() {
    return ready;
  }

  @Override
  public boolean mayWait() {
    return false;
  }

  @Override
  public int dimension() {
    return dimension;
  }

  @Override
  public long layoutVersion() {
    check();
    return 3;
  }

  @Override
  public long watermarkMs() {
    check();
    return WATERMARK_MS;
  }

  @Override
  public long examples() {
    check();
    return 10;
  }

  @Override
  public long refusedGradients() {
    check();
    return 3;
  }

  @Override
  public RocksDbUse rocksDbUse() {
    check();
    return new RocksDbUse(1, 2, 3, 4, 5);
  }

  @Override
  public RowMemory memory() {
    check();
    var block = new RowMemory.BlockMemory(dimension, 2, 4096, 60);
    return new RowMemory(List.of(block), 1024, 65_536);
  }

  @Override
  public SortedMap<String, TableSummary> tables() {
    check();
    var summaries = new TreeMap<String, TableSummary>();
    tables.forEach(
        (name, rows) -> {
          var byDimension = new TreeMap<>(Map.of(dimension, (long) rows.size()));
          summaries.put(
              name, new TableSummary(rows.size(), 9, 80, 8, byDimension, 0, rows.size(), 0));
        });
    return summaries;
  }

  @Override
  public void lookup(String table, long[] keys, long mostBehindMs, Vectors to) {
    check();
    mostLagMs = mostBehindMs;
    to.readBehind(lagMs);
    long[] timesMs = to.timesMs();
    lookupThread = Thread.currentThread().getName();
    Map<Long, float[]> rows = tables.getOrDefault(table, Map.of());
    Arrays.fill(to.vectors(), 0);
    for (int i = 0; i < keys.length; i++) {
      float[] row = rows.get(keys[i]);
      to.statuses()[i] = (row == null ? LookupStatus.UNKNOWN : LookupStatus.ROW).code();
      if (row != null) {
        System.arraycopy(row, 0, to.vectors(), i * dimension, dimension);
        to.dimensions()[i] = dimension;
        if (timesMs != null) {
          timesMs[i] = UPDATED_MS + (long) row[0];
        }
      }
    }
  }

  /** Waits until so many more reads wait for the latch. */
  void awaitHeld(int reads) throws InterruptedException {
    waiting.acquire(reads);
  }

  private void check() {
    try {
      if (held.getCount() > 0) {
        waiting.release();
      }
      held.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
  }
}
