package dev.varve.table;

import dev.varve.kernel.Memory;

/**
 * Finds many rows at once and overlaps their cache misses: the lines of the index, then the rows
 * are fetched in loops that do nothing else, so that the processor waits for many of them together.
 *
 * <p>A processor looks some hundred instructions ahead. In a loop that computes where a row is and
 * also fetches it, that is three or four rows; in one that only fetches, dozens.
 *
 * <p><b>Threads:</b> one at a time.
 *
 * <p><b>Source:</b> group prefetching, Chen et al. 2004, with loads in the place of prefetches,
 * which Java has not.
 */
final class RowSearch {
  /** Lines that are looked at of all rows together; the few that go farther go alone. */
  private static final int ROUNDS = 4;

  private final long[] hashes = new long[ResidentRows.CHUNK];
  private final int[] slots = new int[ResidentRows.CHUNK];

  /** Where a row may be: the index's line, later the row. */
  private final long[] addresses = new long[ResidentRows.CHUNK];

  private final long[] lasts = new long[ResidentRows.CHUNK];
  private final int[] missing = new int[ResidentRows.CHUNK];

  /** Keeps the loads that only fetch from being optimized away. */
  @SuppressWarnings("UnusedVariable")
  private int sink;

  /** The slot of the row found for the i-th key, or {@link ResidentRows#ABSENT}. */
  int slot(int i) {
    return slots[i];
  }

  /** Copies the slots of the first n. */
  void slots(int n, int[] to) {
    System.arraycopy(slots, 0, to, 0, n);
  }

  /** The address of the row found for the i-th key. */
  long row(int i) {
    return addresses[i];
  }

  /**
   * Finds rows.
   *
   * @param n at most {@link ResidentRows#CHUNK}
   * @param last for each level, offset in a row of the last int that will be read
   */
  void find(RowIndex index, Slabs slabs, int[] tables, long[] keys, int from, int n, int[] last) {
    locateLines(index, tables, keys, from, n);
    int seen = fetchLines(n);
    long longest = locateRows(slabs, n, last);
    sink = seen + fetchRows(n);
    if (longest > 2 * RowIndex.LINE_BYTES) {
      sink += fetchWideRows(n);
    }
    int count = gatherMissing(tables, keys, from, n);
    if (count > 0) {
      searchOn(index, slabs, tables, keys, from, count, last);
    }
  }

  private void locateLines(RowIndex index, int[] tables, long[] keys, int from, int n) {
    for (int i = 0; i < n; i++) {
      long hash = RowIndex.hash(tables[from + i], keys[from + i]);
      hashes[i] = hash;
      addresses[i] = index.line(hash);
    }
  }

  private int fetchLines(int n) {
    int seen = 0;
    for (int i = 0; i < n; i++) {
      seen += Memory.getInt(addresses[i]);
    }
    return seen;
  }

  /** Gives how far the last int is from its row's beginning, at most. */
  private long locateRows(Slabs slabs, int n, int[] last) {
    for (int i = 0; i < n; i++) {
      slots[i] = RowIndex.candidate(addresses[i], hashes[i]);
    }
    long longest = 0;
    for (int i = 0; i < n; i++) {
      // Where there is none the line stands in, so that nothing below has to ask.
      lasts[i] = addresses[i];
      if (slots[i] >= 0) {
        int length = last[Slabs.levelOf(slots[i])];
        addresses[i] = slabs.row(slots[i]);
        lasts[i] = addresses[i] + length;
        longest = Math.max(longest, length);
      }
    }
    return longest;
  }

  /** The first, the second and the last line of each. */
  private int fetchRows(int n) {
    int seen = 0;
    for (int i = 0; i < n; i++) {
      long row = addresses[i];
      long end = lasts[i];
      seen +=
          Memory.getInt(row)
              + Memory.getInt(Math.min(row + RowIndex.LINE_BYTES, end))
              + Memory.getInt(end);
    }
    return seen;
  }

  /** What is between, of rows that have more lines. */
  private int fetchWideRows(int n) {
    int seen = 0;
    for (int i = 0; i < n; i++) {
      long end = lasts[i];
      for (long at = addresses[i] + 2 * RowIndex.LINE_BYTES; at < end; at += RowIndex.LINE_BYTES) {
        seen += Memory.getInt(at);
      }
    }
    return seen;
  }

  /** Gathers those of which the row is not, or another, and gives how many they are. */
  private int gatherMissing(int[] tables, long[] keys, int from, int n) {
    int count = 0;
    for (int i = 0; i < n; i++) {
      if (slots[i] < 0 || !RowDescriptor.isOf(addresses[i], tables[from + i], keys[from + i])) {
        missing[count++] = i;
      }
    }
    return count;
  }

  /** For rows that are absent, whose line is full, or whose tag another row shares. */
  private void searchOn(
      RowIndex index, Slabs slabs, int[] tables, long[] keys, int from, int count, int[] last) {
    int left = goOn(index, slabs, tables, keys, from, count);
    for (int round = 1; round < ROUNDS && left > 0; round++) {
      sink += fetchNextLines(left) + fetchNextRows(slabs, left, last);
      left = goOn(index, slabs, tables, keys, from, stillMissing(tables, keys, from, left));
    }
    for (int m = 0; m < left; m++) {
      searchAlone(index, slabs, tables, keys, from, missing[m]);
    }
  }

  /** Where a line was passed the next one is looked at, of all together. Gives how many go on. */
  private int goOn(RowIndex index, Slabs slabs, int[] tables, long[] keys, int from, int count) {
    int left = 0;
    for (int m = 0; m < count; m++) {
      int i = missing[m];
      if (slots[i] >= 0) {
        // Another row with its tag; its own may stand beside it.
        searchAlone(index, slabs, tables, keys, from, i);
      } else if (RowIndex.isPassed(addresses[i])) {
        addresses[i] = index.next(addresses[i], hashes[i]);
        missing[left++] = i;
      }
    }
    return left;
  }

  private void searchAlone(
      RowIndex index, Slabs slabs, int[] tables, long[] keys, int from, int i) {
    int slot = index.find(slabs, hashes[i], tables[from + i], keys[from + i]);
    slots[i] = slot;
    addresses[i] = slot < 0 ? 0 : slabs.row(slot);
  }

  private int fetchNextLines(int count) {
    int seen = 0;
    for (int m = 0; m < count; m++) {
      seen += Memory.getInt(addresses[missing[m]]);
    }
    return seen;
  }

  private int fetchNextRows(Slabs slabs, int count, int[] last) {
    int seen = 0;
    for (int m = 0; m < count; m++) {
      int i = missing[m];
      slots[i] = RowIndex.candidate(addresses[i], hashes[i]);
      if (slots[i] >= 0) {
        long row = slabs.row(slots[i]);
        addresses[i] = row;
        seen += Memory.getInt(row) + Memory.getInt(row + last[Slabs.levelOf(slots[i])]);
      }
    }
    return seen;
  }

  /** Of those that went on, the ones for which that is so again. */
  private int stillMissing(int[] tables, long[] keys, int from, int count) {
    int left = 0;
    for (int m = 0; m < count; m++) {
      int i = missing[m];
      if (slots[i] < 0 || !RowDescriptor.isOf(addresses[i], tables[from + i], keys[from + i])) {
        missing[left++] = i;
      }
    }
    return left;
  }
}
