package dev.varve.table;

import dev.varve.kernel.Memory;
import java.lang.invoke.VarHandle;

/**
 * The bytes of a row in memory.
 *
 * <pre>
 *   0  int32      sequence: bit 0 being written, 1 dirty, 2 live, 3 ahead, above them a counter
 *   4  int64      category                           (in a free slot: next and previous free slot)
 *  12  uint40     popularity, packed
 *  17  uint40     its event time, packed
 *  22  uint16     table; bit 15: used since the last sweep
 *  24  float32[]  state: linear weight, coordinates, the optimizer's own
 * </pre>
 *
 * <p><b>Publishing (a sequence lock):</b> the writer sets bit 0, a store-store fence behind it,
 * writes, and stores the sequence with the next count and without bit 0 (release). A reader loads
 * the sequence (acquire), reads, a load-load fence, and loads the sequence again: what it read is
 * one state of the row when both are the same and bit 0 is not set. Category and table of a live
 * slot never change. Readers write nothing but bit 15 of the table.
 *
 * <p>The counter wraps after 2^28 writes: a reader would have to sleep in the midst of one row for
 * exactly that many of its updates to be deceived.
 *
 * <p><b>Source:</b> Boehm 2012, Can seqlocks get along with programming language memory models?
 */
final class RowDescriptor {
  static final int HEADER_BYTES = 24;
  static final int MOST_TABLES = 1 << 15;

  static final int WRITING = 1;
  static final int DIRTY = 2;
  static final int LIVE = 4;
  static final int AHEAD = 8;
  private static final int COUNT = 16;

  private static final int CATEGORY = 4;
  private static final int TABLE = 22;
  private static final int POPULARITY = 12;
  private static final int TIME_HIGH = 20;
  private static final int STATE = HEADER_BYTES;
  private static final int RECENT = 0x8000;
  static final int PACKED_BYTES = 10;
  static final long LOW_40 = (1L << 40) - 1;

  private RowDescriptor() {}

  static int stride(RowEncoding encoding, int dimension) {
    return HEADER_BYTES + Float.BYTES * encoding.rowFloats(dimension);
  }

  static long state(long row) {
    return row + STATE;
  }

  /** The first coordinate, behind the linear weight. */
  static long vector(long row) {
    return row + STATE + Float.BYTES;
  }

  /** Where in a row its last coordinate is; of a trace, its last int. */
  static int lastOfVector(int dimension) {
    return dimension == 0 ? STATE - Integer.BYTES : STATE + Float.BYTES * dimension;
  }

  // -- sequence

  static int sequence(long row) {
    return Memory.getInt(row);
  }

  static int sequenceAcquire(long row) {
    return Memory.getIntAcquire(row);
  }

  /** For a reader that has read the row: whether it is still as it was at {@code sequence}. */
  static boolean isUnchanged(long row, int sequence) {
    VarHandle.loadLoadFence();
    return (sequence & WRITING) == 0 && Memory.getInt(row) == sequence;
  }

  static void beginWrite(long row) {
    Memory.putIntOpaque(row, Memory.getInt(row) | WRITING);
    VarHandle.storeStoreFence();
  }

  /** Ends a write; the row has the flags given. */
  static void endWrite(long row, int flags) {
    int counted = (Memory.getInt(row) & -COUNT) + COUNT;
    Memory.putIntRelease(row, counted | flags);
  }

  /** For a writer that knows the row's sequence. */
  static void beginWrite(long row, int sequence) {
    Memory.putIntOpaque(row, sequence | WRITING);
    VarHandle.storeStoreFence();
  }

  /** Ends a write of a row that was live and dirty before. */
  static void endWriteDirty(long row, int sequence) {
    Memory.putIntRelease(row, sequence + COUNT);
  }

  /** Changes no content: a reader that meets it reads again. */
  static void setDirty(long row) {
    Memory.putIntRelease(row, Memory.getInt(row) | DIRTY);
  }

  /** Whether it is dirty, live and ahead. */
  static int flags(long row) {
    return Memory.getInt(row) & (DIRTY | LIVE | AHEAD);
  }

  static boolean isLive(long row) {
    return (Memory.getInt(row) & LIVE) != 0;
  }

  static boolean isDirty(long row) {
    return (Memory.getInt(row) & DIRTY) != 0;
  }

  /** Changes no content: a reader that meets it reads again. */
  static void setClean(long row) {
    Memory.putIntRelease(row, Memory.getInt(row) & ~DIRTY);
  }

  static boolean isAhead(long row) {
    return (Memory.getInt(row) & AHEAD) != 0;
  }

  /** Changes no content: a reader that meets it reads again. */
  static void setSettled(long row) {
    Memory.putIntRelease(row, Memory.getInt(row) & ~AHEAD);
  }

  /** The slot holds no row any more; readers that still hold it see the row as it was. */
  static void setDead(long row) {
    Memory.putIntRelease(row, Memory.getInt(row) & ~(LIVE | DIRTY | AHEAD));
  }

  // -- content

  static long category(long row) {
    return Memory.getLong(row + CATEGORY);
  }

  static int table(long row) {
    return Memory.getShort(row + TABLE) & ~RECENT & 0xFFFF;
  }

  static boolean isOf(long row, int table, long category) {
    return category(row) == category && table(row) == table;
  }

  static void setKey(long row, int table, long category) {
    Memory.putLong(row + CATEGORY, category);
    Memory.putShort(row + TABLE, (short) (table | RECENT));
  }

  /** Popularity and time, packed, one behind the other. */
  static long packed(long row) {
    return row + POPULARITY;
  }

  static long popularity(long row) {
    return Memory.getLong(row + POPULARITY) & LOW_40;
  }

  static long time(long row) {
    return (Memory.getLong(row + POPULARITY) >>> 40)
        | ((Memory.getShort(row + TIME_HIGH) & 0xFFFFL) << 24);
  }

  static void setPopularity(long row, long popularity, long time) {
    Memory.putLong(row + POPULARITY, popularity | (time << 40));
    Memory.putShort(row + TIME_HIGH, (short) (time >>> 24));
  }

  /** The same, and marks the row as used. */
  static void setPopularityAndRecent(long row, long popularity, long time) {
    int table = (Memory.getInt(row + TIME_HIGH) | (RECENT << 16)) & 0xFFFF_0000;
    Memory.putLong(row + POPULARITY, popularity | (time << 40));
    Memory.putInt(row + TIME_HIGH, table | (int) (time >>> 24));
  }

  /** Copies everything but the sequence. */
  static void copyContent(long from, long to, int stride) {
    for (int at = CATEGORY; at < stride; at += Integer.BYTES) {
      Memory.putInt(to + at, Memory.getInt(from + at));
    }
  }

  // -- the mark of the sweep; any thread that may hold the slot

  static void markRecent(long row) {
    short table = Memory.getShort(row + TABLE);
    if (table >= 0) {
      Memory.putShortOpaque(row + TABLE, (short) (table | RECENT));
    }
  }

  /** Takes the mark away; whether it was there. */
  static boolean takeRecent(long row) {
    short table = Memory.getShort(row + TABLE);
    if (table >= 0) {
      return false;
    }
    Memory.putShortOpaque(row + TABLE, (short) (table & ~RECENT));
    return true;
  }

  // -- free slots, chained

  static int next(long row) {
    return Memory.getInt(row + CATEGORY);
  }

  static int previous(long row) {
    return Memory.getInt(row + CATEGORY + Integer.BYTES);
  }

  static void setNext(long row, int slot) {
    Memory.putInt(row + CATEGORY, slot);
  }

  static void setPrevious(long row, int slot) {
    Memory.putInt(row + CATEGORY + Integer.BYTES, slot);
  }
}
