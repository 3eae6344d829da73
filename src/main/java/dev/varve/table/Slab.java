package dev.varve.table;

import dev.varve.base.Check;
import dev.varve.kernel.Memory;

/**
 * The rows of one dimension: slots of equal size in a reserved range of memory, of which the first
 * pages are in use.
 *
 * <p><b>Threads:</b> the writer; {@link #row} any.
 */
final class Slab {
  static final int NONE = -1;
  static final int MOST_SLOTS = 1 << 27;

  private final int dimension;
  private final int stride;
  private final int pageBytes;
  private final long mostBytes;
  private final Memory.Region region;
  private final long base;

  /** Memory in use, whole pages. */
  private long bytes;

  /** Slots that have been used at some time; those behind them read as zeros. */
  private int end;

  private int freeHead = NONE;
  private int chained;
  private int reserved;
  private int hand;

  Slab(RowEncoding encoding, int dimension, long mostBytes, int pageBytes) {
    this.dimension = dimension;
    this.stride = RowDescriptor.stride(encoding, dimension);
    this.pageBytes = pageBytes;
    this.mostBytes = Math.min(mostBytes, (long) MOST_SLOTS * stride) / pageBytes * pageBytes;
    this.region = Memory.reserve(this.mostBytes, pageBytes >= Memory.HUGE_PAGE_BYTES);
    this.base = region.address();
  }

  int dimension() {
    return dimension;
  }

  int stride() {
    return stride;
  }

  long base() {
    return base;
  }

  long row(int slot) {
    return base + (long) slot * stride;
  }

  long bytes() {
    return bytes;
  }

  /** Slots that can be taken without growing. */
  int free() {
    return chained + slots(bytes) - end;
  }

  /** Slots that have been used and may hold a row. */
  int end() {
    return end;
  }

  private int slots(long inBytes) {
    return (int) (inBytes / stride);
  }

  /** Takes a page into use; false when the slab has all it can have. */
  boolean grow() {
    if (bytes + pageBytes > mostBytes) {
      return false;
    }
    bytes += pageBytes;
    return true;
  }

  /** Takes a free slot. */
  int take() {
    if (freeHead == NONE) {
      if (end >= slots(bytes)) {
        throw new IllegalStateException(
            Check.message("slots of dimension " + dimension, end, "a free one; reserve it before"));
      }
      return end++;
    }
    int slot = freeHead;
    unlink(slot);
    return slot;
  }

  /** Puts a slot back that nobody holds any more. */
  void put(int slot) {
    long row = row(slot);
    RowDescriptor.setNext(row, freeHead);
    RowDescriptor.setPrevious(row, NONE);
    if (freeHead != NONE) {
      RowDescriptor.setPrevious(row(freeHead), slot);
    }
    freeHead = slot;
    chained++;
  }

  private void unlink(int slot) {
    long row = row(slot);
    int next = RowDescriptor.next(row);
    int previous = RowDescriptor.previous(row);
    if (next != NONE) {
      RowDescriptor.setPrevious(row(next), previous);
    }
    if (previous == NONE) {
      freeHead = next;
    } else {
      RowDescriptor.setNext(row(previous), next);
    }
    chained--;
  }

  /** Slots that are to stay free for rows that will come. */
  void reserve(int slots) {
    reserved = slots;
  }

  /** Memory that could be given back, page after page, with all rows kept and slots reserved. */
  long spareBytes() {
    long used = (long) (end - chained + reserved) * stride;
    return Math.max(0, bytes - used) / pageBytes * pageBytes;
  }

  /** The first slot that lies, wholly or in part, in the last page. */
  int firstOfLastPage() {
    return slots(bytes - pageBytes);
  }

  /**
   * Takes the last page's free slots out of the chain, so that {@link #take} gives others. No slot
   * may be in limbo.
   */
  void unlinkLastPage() {
    for (int slot = firstOfLastPage(); slot < end; slot++) {
      if (!RowDescriptor.isLive(row(slot))) {
        unlink(slot);
      }
    }
  }

  /** Gives the last page back, where nothing is chained, found or held by a reader any more. */
  void cutLastPage() {
    end = Math.min(end, firstOfLastPage());
    hand = Math.min(hand, end);
    bytes -= pageBytes;
    region.discard(bytes, pageBytes);
  }

  /** The slot under the hand of the sweep, which moves on by one. */
  int sweep() {
    if (hand >= end) {
      hand = 0;
    }
    return hand++;
  }

  void freeMemory() {
    region.free();
  }
}
