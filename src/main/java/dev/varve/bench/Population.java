package dev.varve.bench;

import dev.varve.base.Seeds;
import dev.varve.table.PackedPopularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;

/**
 * The rows that are measured. A row's key follows from its number, its floats from its key, so that
 * whoever reads one can be checked.
 *
 * <p><b>Threads:</b> any; nothing here changes.
 *
 * @param rows how many
 * @param seed of the keys
 * @param kind the dimension of all rows; {@link #MIXED} for 1 to 64, in equal numbers of floats
 */
record Population(int rows, long seed, int kind) {
  static final int MIXED = 0;

  static final RowEncoding ENCODING = RowEncoding.FLOAT32_ROWWISE;
  static final int TABLE = 0;
  static final long BEGIN_MS = 1_800_000_000_000L;

  private static final int CHUNK = ResidentRows.CHUNK;
  private static final double UNIT = 0x1p-32;

  long key(int number) {
    return Seeds.mix(seed, number);
  }

  /** The keys of all rows, in the order of their numbers. */
  long[] keys() {
    long[] keys = new long[rows];
    for (int i = 0; i < rows; i++) {
      keys[i] = key(i);
    }
    return keys;
  }

  /** Width of what is served. */
  int width() {
    return kind == MIXED ? Settings.WIDE : kind;
  }

  int dimension(long key) {
    if (kind != MIXED) {
      return kind;
    }
    // Half of the rows have dimension 1, a quarter 2; the last two levels are alike.
    int level = Long.numberOfTrailingZeros(key);
    return 1 << Math.min(level, Integer.numberOfTrailingZeros(Settings.WIDE));
  }

  /** The i-th float of a row's state; from 0 to 1. */
  static float value(long key, int i) {
    return (float) ((Seeds.mix(key, i) >>> 32) * UNIT);
  }

  static void state(long key, int dimension, float[] into) {
    for (int i = 0; i < ENCODING.stateLength(dimension); i++) {
      into[i] = value(key, i);
    }
  }

  /** Bytes that the rows take in memory, with an index that grows. */
  long bytes() {
    // Of mixed dimensions, 4 on average.
    long floats = ENCODING.stateLength(kind == MIXED ? 4 : kind);
    return Math.max(ResidentRows.LEAST_BYTES, (24 + Float.BYTES * floats + 24) * rows) + (32 << 20);
  }

  /** Rows of this kind, none in memory yet. */
  ResidentRows empty(long capacityBytes) {
    return new ResidentRows(ENCODING, Settings.WIDE, capacityBytes);
  }

  /** All rows, in memory, none changed. */
  ResidentRows resident() {
    ResidentRows resident = empty(bytes());
    float[] state = new float[ENCODING.stateLength(Settings.WIDE)];
    for (int from = 0; from < rows; from += CHUNK) {
      insert(resident, from, Math.min(CHUNK, rows - from), state);
    }
    return resident;
  }

  /** Inserts the rows of these numbers, as rows that were read from below are. */
  void insert(ResidentRows into, int from, int n, float[] state) {
    for (int i = from; i < from + n; i++) {
      long key = key(i);
      int dimension = dimension(key);
      into.reserve(dimension, 1, Population::refuse);
      state(key, dimension, state);
      into.insert(
          TABLE,
          key,
          dimension,
          PackedPopularity.packPopularity(1),
          PackedPopularity.packTime(BEGIN_MS),
          state,
          0,
          false);
    }
  }

  private static void refuse() {
    throw new IllegalStateException("rows: all are dirty (expected: room for clean ones)");
  }
}
