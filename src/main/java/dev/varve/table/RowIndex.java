package dev.varve.table;

import dev.varve.kernel.Kernels;
import dev.varve.kernel.Memory;
import java.lang.invoke.VarHandle;

/**
 * From a row's hash to its slot: open addressing over lines of ten entries.
 *
 * <pre>
 * a line, 64 bytes, one cache line
 *   0  uint16[10]  tags: the hash's low 16 bits, never 0; 0: no entry
 *  20  int32[10]   slots
 *  60  int32       passed: entries that found this line full and stand further on
 * </pre>
 *
 * An entry stands in the line its hash names or, where that is full, in the first that is not of
 * those a number of lines apart that its hash names too; a search ends at the first line that
 * nobody has passed. So full lines do not grow together. At the highest load one search of sixteen
 * leaves its line, and goes through 1.3 more; one for a row that is not here through 0.4. Tags
 * agree by chance once in 6,500 lines, so whoever finds a slot compares the row's key.
 *
 * <p><b>Threads:</b> one writer, any readers. Slot before tag (both release) on insertion; a reader
 * loads the tag before the slot. An entry is never moved within an index, and its slot is replaced
 * in place, so a reader finds a row that is there throughout its search. When a reader has found
 * nothing, there was a moment in its search when the row was not there.
 *
 * <p>A grown index is another one: readers of the old find what was there when it was replaced.
 *
 * <p><b>Source:</b> tags beside slots as in Abseil's Swiss tables and F14; counted passing instead
 * of tombstones and a distance by the hash from F14.
 */
final class RowIndex {
  static final int LINE_BYTES = 64;
  static final int ENTRIES = 10;

  private static final int SLOTS = 20;
  private static final int PASSED = 60;
  private static final int ALL_ENTRIES = (1 << ENTRIES) - 1;
  private static final double MOST_LOAD = 0.8;

  /** Distances are powers of two up to 2^15: where the number of lines is odd each reaches all. */
  private static final int DISTANCES = 16;

  private final Memory.Region region;
  private final long base;
  private final int lines;
  private int size;

  /**
   * @param most lines; one less where that is even
   */
  RowIndex(int most) {
    this.lines = (most - 1) | 1;
    this.region = Memory.reserve((long) lines * LINE_BYTES, bytes() >= Memory.HUGE_PAGE_BYTES);
    this.base = region.address();
  }

  /** The fewest lines for so many rows. */
  static int linesFor(long rows) {
    return Math.toIntExact(Math.max(16, (long) Math.ceil(rows / (MOST_LOAD * ENTRIES))) | 1);
  }

  /** Category keys are hashes; this mixes in the table, and serves the highest and lowest bits. */
  static long hash(int table, long category) {
    long h = (category ^ ((table + 1) * 0x9E3779B97F4A7C15L)) * 0xD6E8FEB86659FD93L;
    return h ^ (h >>> 32);
  }

  int lines() {
    return lines;
  }

  long bytes() {
    return (long) lines * LINE_BYTES;
  }

  /** Entries. */
  int size() {
    return size;
  }

  /** Entries that fit. */
  int capacity() {
    return (int) Math.min(Integer.MAX_VALUE, (long) (lines * (MOST_LOAD * ENTRIES)));
  }

  void free() {
    region.free();
  }

  // -- readers

  /** The line that a hash names. */
  long line(long hash) {
    return base + (((hash >>> 32) * lines) >>> 32) * LINE_BYTES;
  }

  /**
   * The first slot in the hash's line whose tag agrees; -1 when there is none in that line, or when
   * it cannot be told without looking further.
   */
  static int candidate(long line, long hash) {
    int match = matches(line, tag(hash));
    if (match == 0) {
      return -1;
    }
    return Memory.getIntAcquire(slotAt(line, Integer.numberOfTrailingZeros(match)));
  }

  /** Whether a search that found nothing in this line must go on. */
  static boolean isPassed(long line) {
    return Memory.getIntAcquire(line + PASSED) != 0;
  }

  private static long slotAt(long line, int entry) {
    return line + SLOTS + (long) Integer.BYTES * entry;
  }

  private static long tagAt(long line, int entry) {
    return line + (long) Short.BYTES * entry;
  }

  /** A bit for each entry of the line whose tag agrees. Slots are to be loaded behind it. */
  private static int matches(long line, int tag) {
    int match = Kernels.KERNELS.equal16(line, (short) tag) & ALL_ENTRIES;
    VarHandle.loadLoadFence();
    return match;
  }

  static int tag(long hash) {
    int tag = (int) hash & 0xFFFF;
    return tag == 0 ? 1 : tag;
  }

  /** The slot of a row; -1 when it is not here. */
  int find(Slabs slabs, long hash, int table, long category) {
    long line = line(hash);
    for (int n = 0; n < lines; n++) {
      int match = matches(line, tag(hash));
      while (match != 0) {
        // Loaded once: what was compared is what is given, though the entry be another's by now.
        int slot = Memory.getIntAcquire(slotAt(line, Integer.numberOfTrailingZeros(match)));
        if (RowDescriptor.isOf(slabs.row(slot), table, category)) {
          return slot;
        }
        match &= match - 1;
      }
      if (!isPassed(line)) {
        return -1;
      }
      line = next(line, hash);
    }
    return -1;
  }

  /** The line in which a search goes on. */
  long next(long line, long hash) {
    long distance = 1L << ((hash >>> Short.SIZE) % DISTANCES);
    return base + (line - base + distance * LINE_BYTES) % bytes();
  }

  // -- the writer

  /** Adds a row that is not here. The row's bytes must be written before. */
  void insert(long hash, int slot) {
    long line = line(hash);
    while (true) {
      int free = matches(line, 0);
      if (free != 0) {
        int entry = Integer.numberOfTrailingZeros(free);
        Memory.putIntRelease(slotAt(line, entry), slot);
        Memory.putShortRelease(tagAt(line, entry), (short) tag(hash));
        size++;
        return;
      }
      Memory.putIntRelease(line + PASSED, Memory.getInt(line + PASSED) + 1);
      line = next(line, hash);
    }
  }

  /** Puts another slot in the place of a row's slot; the key of both is the same. */
  void replace(long hash, int slot, int by) {
    long at = entry(hash, slot);
    Memory.putIntRelease(at, by);
  }

  /** Removes a row that is here. */
  void remove(long hash, int slot) {
    long at = entry(hash, slot);
    long line = line(hash);
    long last = at & -LINE_BYTES;
    int entry = (int) (at - last - SLOTS) / Integer.BYTES;
    Memory.putShortRelease(tagAt(last, entry), (short) 0);
    while (line != last) {
      Memory.putIntRelease(line + PASSED, Memory.getInt(line + PASSED) - 1);
      line = next(line, hash);
    }
    size--;
  }

  /** Address of the entry that holds exactly this slot. */
  private long entry(long hash, int slot) {
    long line = line(hash);
    while (true) {
      int match = matches(line, tag(hash));
      while (match != 0) {
        long at = slotAt(line, Integer.numberOfTrailingZeros(match));
        if (Memory.getInt(at) == slot) {
          return at;
        }
        match &= match - 1;
      }
      if (!isPassed(line)) {
        throw new IllegalStateException("row index: slot " + slot + " is not here");
      }
      line = next(line, hash);
    }
  }
}
