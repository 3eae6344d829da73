package dev.varve.table;

import dev.varve.table.RowMemory.BlockMemory;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A writer that does everything a writer can do, at random, and publishes what readers may rely on.
 *
 * <p><b>Threads:</b> one writes; {@link #rows} and {@link #atLeast} are for any.
 */
final class RowChurn {
  static final int KEYS = 4_000;

  /** Keys below are in memory always: they are dirty whenever rows are evicted. */
  static final int PINNED = 32;

  static final RowEncoding ENCODING = RowEncoding.FLOAT32_ADAGRAD;

  private static final int TABLES = 3;
  private static final int NONE = -1;

  private final Random random;
  private final AtomicIntegerArray atLeast = new AtomicIntegerArray(KEYS);
  private final int[] versions = new int[KEYS];
  private final int[] belowVersions = new int[KEYS];
  private final int[] belowDimensions = new int[KEYS];
  private final long[] blockBytes = new long[9];
  private volatile ResidentRows rows;
  private Rewrites rewrites;
  private int level;
  private long evictions;
  private int grown;
  private int pagesGiven;

  RowChurn(long seed) {
    random = new Random(seed);
    Arrays.fill(belowVersions, NONE);
    rows = withPinned();
    rewrites = new Rewrites(rows);
    publishPinned();
  }

  static int table(int key) {
    return key % TABLES;
  }

  static long category(int key) {
    return 1_000L * key;
  }

  // -- for readers

  /** Read {@link #atLeast} before. */
  ResidentRows rows() {
    return rows;
  }

  /** A row that is found is of this version or a later one. */
  int atLeast(int key) {
    return atLeast.get(key);
  }

  // -- what happened

  long evictions() {
    return evictions;
  }

  int grown() {
    return grown;
  }

  int pagesGiven() {
    return pagesGiven;
  }

  // -- the writer

  void steps(int n) {
    for (int i = 0; i < n; i++) {
      if (i % 100 == 0) {
        level = random.nextInt(8);
      }
      int most = random.nextInt(1, 32);
      for (int j = 0; j < most; j++) {
        step(random.nextInt(8) == 0 ? random.nextInt(PINNED) : random.nextInt(KEYS));
      }
      if (random.nextInt(20) == 0) {
        writeBack();
      }
      count();
    }
  }

  private void step(int key) {
    int slot = rows.find(table(key), category(key));
    int what = random.nextInt(10);
    if (slot == ResidentRows.ABSENT) {
      insert(key);
    } else if (what < 6) {
      store(key, slot);
    } else if (what < 8) {
      move(key);
    } else if (key >= PINNED) {
      rows.remove(slot);
      belowVersions[key] = NONE;
      atLeast.set(key, versions[key] + 1);
    }
  }

  private int dimension(int key) {
    return key < PINNED
        ? 1 << random.nextInt(5)
        : 1 << Math.clamp(level - 1 + random.nextInt(3), 0, 7);
  }

  private void insert(int key) {
    boolean isBelow = belowVersions[key] != NONE;
    int dimension = isBelow ? belowDimensions[key] : dimension(key);
    rows.reserve(dimension, 1, this::writeBack);
    int version = isBelow ? belowVersions[key] : ++versions[key];
    insert(rows, key, version, dimension, !isBelow);
    atLeast.set(key, version);
  }

  private static void insert(
      ResidentRows rows, int key, int version, int dimension, boolean isDirty) {
    float[] state = Versions.state(key, version, ENCODING.stateLength(dimension));
    rows.insert(table(key), category(key), dimension, version, key, state, 0, isDirty);
  }

  private void store(int key, int slot) {
    int version = ++versions[key];
    float[] state = Versions.state(key, version, ENCODING.stateLength(rows.dimension(slot)));
    rewrites.rewrite(slot, 1, key, state);
    atLeast.set(key, version);
  }

  private void move(int key) {
    int dimension = dimension(key);
    rows.reserve(dimension, 1, this::writeBack);
    int slot = rows.find(table(key), category(key));
    if (slot != ResidentRows.ABSENT) {
      int version = ++versions[key];
      rows.move(slot, dimension, Versions.state(key, version, ENCODING.stateLength(dimension)), 0);
      atLeast.set(key, version);
    }
  }

  private void writeBack() {
    rows.writeBack(
        slot -> {
          int key = (int) (rows.category(slot) / 1_000);
          int dimension = rows.dimension(slot);
          float[] state = new float[ENCODING.stateLength(dimension)];
          rows.load(slot, state, 0);
          belowVersions[key] = Versions.ofState(key, state, 0, state.length);
          belowDimensions[key] = dimension;
          if (belowVersions[key] != versions[key]) {
            throw new AssertionError("key " + key + " is written back as it was before");
          }
        });
    for (int key = 0; key < PINNED; key++) {
      store(key, rows.find(table(key), category(key)));
    }
  }

  /** Goes on with other rows, and closes these under their readers. */
  void reopen() {
    ResidentRows old = rows;
    writeBack();
    evictions += old.evictions();
    rows = withPinned();
    rewrites = new Rewrites(rows);
    publishPinned();
    Arrays.fill(blockBytes, 0);
    old.close();
  }

  private ResidentRows withPinned() {
    var opened = new ResidentRows(ENCODING, 128, ResidentRows.LEAST_BYTES << random.nextInt(3));
    for (int key = 0; key < PINNED; key++) {
      int dimension = dimension(key);
      opened.reserve(dimension, 1, () -> {});
      insert(opened, key, ++versions[key], dimension, true);
    }
    return opened;
  }

  /** Only when readers can find them. */
  private void publishPinned() {
    for (int key = 0; key < PINNED; key++) {
      atLeast.set(key, versions[key]);
    }
  }

  void close() {
    evictions += rows.evictions();
    rows.close();
  }

  private long indexBytes;

  private void count() {
    RowMemory memory = rows.memory();
    grown += memory.indexBytes() > indexBytes ? 1 : 0;
    indexBytes = memory.indexBytes();
    long[] now = new long[9];
    for (BlockMemory block : memory.blocks()) {
      now[Slabs.level(block.dimension())] = block.bytes();
    }
    for (int i = 0; i < now.length; i++) {
      pagesGiven += now[i] < blockBytes[i] ? 1 : 0;
      blockBytes[i] = now[i];
    }
  }
}
