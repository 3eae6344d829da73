package dev.varve.store;

import dev.varve.layout.RowCost;
import dev.varve.layout.TableRule;
import dev.varve.schema.Layout;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowUpdates;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;

/**
 * A shard's rows by table, dimension and popularity bin as they are at one moment, those included
 * that are not written back; and what they would take under other thresholds.
 *
 * <p>A bin's rows are taken to lie evenly in it: a quarter of them in the middle of each quarter.
 *
 * <p><b>Units:</b> a price is the number of steps by which all thresholds are raised, {@value
 * #STEPS_PER_DOUBLING} of them a doubling; a negative one lowers them.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class RowCount {
  static final int STEPS_PER_DOUBLING = 64;

  /** Thresholds that have halved so often every row keeps what it has. */
  private static final int LEAST = -16 * STEPS_PER_DOUBLING;

  /** A threshold that has doubled so often no row reaches. */
  private static final int MOST_DOUBLINGS = 64;

  private static final int QUARTERS = 4;
  private static final int LEVEL_BITS = 4;
  private static final int LEVELS = 9;

  /** The rows of one table: those of a bin and dimension are four entries. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Rows(String table, int[] dimensions, double[] popularities, long[] rows) {}

  private final List<Rows> tables = new ArrayList<>();

  private RowCount() {}

  /** What a threshold is multiplied with at a price. */
  static double factor(int price) {
    return Popularity.factor((double) price / STEPS_PER_DOUBLING);
  }

  /** Counts the rows of all tables; a popularity is as of a time. */
  static RowCount of(
      List<ShardTable> tables, ResidentRows rows, RowUpdates updates, Popularity decay, long atMs) {
    List<Long2LongHashMap> counts = new ArrayList<>();
    for (ShardTable table : tables) {
      var of = new Long2LongHashMap(0);
      counts.add(of);
      for (int level = 0; level < LEVELS; level++) {
        int at = level;
        table.bins((1 << level) >> 1).forEachNow((bin, n) -> add(of, bin, at, n));
      }
    }
    rows.forEachDirty(
        slot -> {
          int level = Integer.SIZE - Integer.numberOfLeadingZeros(rows.dimension(slot));
          add(counts.get(rows.table(slot)), updates.bin(slot), level, 1);
        });
    var count = new RowCount();
    for (int i = 0; i < tables.size(); i++) {
      if (tables.get(i).isShared()) {
        // As many as there are, whatever the thresholds.
        continue;
      }
      count.tables.add(rows(tables.get(i).name(), counts.get(i), decay, atMs));
    }
    return count;
  }

  private static void add(Long2LongHashMap counts, long bin, int level, long rows) {
    long key = (bin << LEVEL_BITS) + level;
    long sum = counts.get(key) + rows;
    if (sum == 0) {
      counts.remove(key);
    } else {
      counts.put(key, sum);
    }
  }

  private static Rows rows(String table, Long2LongHashMap counts, Popularity decay, long atMs) {
    int n = QUARTERS * counts.size();
    var rows = new Rows(table, new int[n], new double[n], new long[n]);
    int[] next = {0};
    counts.forEachLong(
        (key, count) -> {
          int level = (int) (key & ((1 << LEVEL_BITS) - 1));
          for (int quarter = 0; quarter < QUARTERS; quarter++) {
            int i = next[0]++;
            double within = (quarter + 0.5) / QUARTERS;
            rows.dimensions[i] = (1 << level) >> 1;
            rows.popularities[i] = decay.inBin(key >> LEVEL_BITS, within, atMs);
            rows.rows[i] = count;
          }
        });
    return rows;
  }

  /** What the rows take as they are. */
  long used(RowCost cost) {
    long sum = 0;
    for (Rows of : tables) {
      for (int i = 0; i < of.rows.length; i++) {
        sum += of.rows[i] * cost.row(of.dimensions[i]);
      }
    }
    return sum / QUARTERS;
  }

  /** What they would take at a price, rounded up. Pinned ones count as if they were not. */
  long used(RowCost cost, Layout layout, int price) {
    double factor = factor(price);
    long sum = 0;
    for (Rows of : tables) {
      TableRule rule = TableRule.of(layout, of.table, factor);
      for (int i = 0; i < of.rows.length; i++) {
        int to = rule.unpinned(of.dimensions[i], of.popularities[i]);
        sum += of.rows[i] * cost.row(to);
      }
    }
    return Math.ceilDiv(sum, QUARTERS);
  }

  /** The least price at which they take no more than a target; the highest when none is enough. */
  int price(RowCost cost, Layout layout, long target) {
    int tooLow = LEAST - 1;
    int enough = MOST_DOUBLINGS * STEPS_PER_DOUBLING;
    while (enough - tooLow > 1) {
      int middle = Math.floorDiv(tooLow + enough, 2);
      if (used(cost, layout, middle) <= target) {
        enough = middle;
      } else {
        tooLow = middle;
      }
    }
    return enough;
  }
}
