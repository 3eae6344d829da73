package dev.varve.table;

import java.util.Arrays;
import org.agrona.collections.Long2LongHashMap;

/**
 * How many rows of a table are in each popularity bin, sorted by bin.
 *
 * <p>Counting is at once ({@link #add}, {@link #remove}) or put off: a row that becomes dirty
 * leaves its bin, enters another when it is written back, and both show with {@link #settle}. So
 * the histogram fits the rows that are written back, and a row that changes a hundred times between
 * two commits costs two operations.
 *
 * <p><b>Shape:</b> hash maps over the bins that occur, usually a few hundred; an event of a far
 * year adds one bin, not the range up to it.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
public final class PopularityBins {
  /** Receives a bin and its rows. */
  @FunctionalInterface
  public interface Visitor {
    void bin(long bin, long rows);
  }

  private final Long2LongHashMap shown = new Long2LongHashMap(0);
  private final Long2LongHashMap unsettled = new Long2LongHashMap(0);

  /** Counts a row, at once. */
  public void add(long bin) {
    change(bin, 1);
  }

  /** Counts rows, at once. */
  public void add(long bin, long rows) {
    change(bin, rows);
  }

  /** Counts a row no longer, at once. It must be in the bin. */
  public void remove(long bin) {
    change(bin, -1);
  }

  /** A row of this bin has become dirty: it will show here until {@link #settle}. */
  public void leave(long bin) {
    unsettled.merge(bin, -1, Long::sum);
  }

  /** A dirty or new row is written back in this bin: it will show here after {@link #settle}. */
  public void enter(long bin) {
    unsettled.merge(bin, 1, Long::sum);
  }

  /** Shows what has left and entered since the last call. */
  public void settle() {
    unsettled.forEachLong(this::change);
    unsettled.clear();
  }

  /** Empties the histogram, and forgets what has left and entered. */
  public void clear() {
    shown.clear();
    unsettled.clear();
  }

  /** Whether no bin shows rows. */
  public boolean isEmpty() {
    return shown.isEmpty();
  }

  /** Visits the bins that have rows, in ascending order. */
  public void forEach(Visitor visitor) {
    long[] bins = new long[shown.size()];
    var next = shown.keySet().iterator();
    for (int i = 0; i < bins.length; i++) {
      bins[i] = next.nextValue();
    }
    Arrays.sort(bins);
    for (long bin : bins) {
      visitor.bin(bin, shown.get(bin));
    }
  }

  /** Visits the bins as if they were settled, in any order, some in two parts. */
  public void forEachNow(Visitor visitor) {
    shown.forEachLong(visitor::bin);
    unsettled.forEachLong(visitor::bin);
  }

  private void change(long bin, long by) {
    long rows = shown.get(bin) + by;
    assert rows >= 0 : bin;
    if (rows > 0) {
      shown.put(bin, rows);
    } else {
      shown.remove(bin);
    }
  }
}
