package dev.varve.table;

import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Rows and readers of them for one state of a stress test. There are hundreds of states at a time
 * and millions one after the other, and reserving memory takes longer than a test: so states borrow
 * rows, and their arbiters give them back.
 *
 * <p>All floats of a row are the same: {@link #OLD}, or {@link #NEW} when the writer under test was
 * there, or {@link #FOREIGN} for any row but the one of {@link #KEY}.
 */
final class StressRows {
  static final RowEncoding ENCODING = RowEncoding.FLOAT32_PLAIN;
  static final int WIDEST = 128;
  static final long KEY = 42;

  static final float OLD = 1;
  static final float NEW = 2;
  static final float FOREIGN = 3;

  private static final int LENGTH = ENCODING.stateLength(WIDEST);
  static final float[] OLD_STATE = filled(OLD);
  static final float[] NEW_STATE = filled(NEW);
  static final float[] FOREIGN_STATE = filled(FOREIGN);

  private static final Queue<StressRows> FREE = new ConcurrentLinkedQueue<>();

  final ResidentRows rows;
  final Rewrites rewrites;
  final Reader reader = new Reader();
  final Reader otherReader = new Reader();

  StressRows(int widest) {
    rows = new ResidentRows(ENCODING, widest, ResidentRows.LEAST_BYTES);
    rewrites = new Rewrites(rows);
  }

  private static float[] filled(float value) {
    float[] state = new float[LENGTH];
    Arrays.fill(state, value);
    return state;
  }

  /** Rows as the last state that had them left them. */
  static StressRows borrow() {
    StressRows free = FREE.poll();
    return free == null ? new StressRows(WIDEST) : free;
  }

  void giveBack() {
    // They remember every row that became dirty until it is written back.
    rows.writeBack(_ -> {});
    FREE.add(this);
  }

  int insert(long key, int dimension, float[] state) {
    rows.reserve(dimension, 1, () -> {});
    return rows.insert(0, key, dimension, 0, 0, state, 0, true);
  }

  void removeIfHere(long key) {
    int slot = rows.find(0, key);
    if (slot != ResidentRows.ABSENT) {
      rows.remove(slot);
    }
  }

  /** What is seen of a state that was copied. */
  static String name(float[] state, int dimension) {
    for (int i = 1; i < ENCODING.stateLength(dimension); i++) {
      if (state[i] != state[0]) {
        return "torn";
      }
    }
    return switch ((int) state[0]) {
      case (int) OLD -> "old";
      case (int) NEW -> "new";
      case (int) FOREIGN -> "foreign";
      default -> "junk";
    };
  }

  /** One thread's. */
  final class Reader {
    private final RowReader reader = new RowReader();
    private final int[] tables = new int[1];
    private final long[] keys = new long[1];
    private final int[] dimensions = new int[1];
    private final float[] out = new float[LENGTH];

    /** What is found under a key. */
    String read(long key) {
      keys[0] = key;
      reader.states(rows, tables, keys, 0, 1, out, LENGTH, dimensions);
      return dimensions[0] == ResidentRows.ABSENT ? "nothing" : name(out, dimensions[0]);
    }
  }
}
