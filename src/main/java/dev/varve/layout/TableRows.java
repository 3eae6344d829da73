package dev.varve.layout;

import dev.varve.schema.BlockCensus;
import dev.varve.schema.TableCensus;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The rows of one table by current dimension and popularity, over some shards. Dimension 0 are
 * traces: categories that could have a row again. Immutable.
 *
 * <p>Inside a bin rows are taken to lie evenly over the logarithm of popularity.
 *
 * <p><b>Units:</b> coordinates of {@link Scale}; mass is popularity at the watermark.
 */
final class TableRows {
  private final String table;
  private final TreeMap<Integer, Rows> byDimension = new TreeMap<>();
  private final long[] bins;

  private TableRows(String table, Map<Integer, Map<Long, Long>> counts, Scale scale) {
    this.table = table;
    var occupied = new TreeSet<Long>();
    counts.forEach(
        (dimension, rows) -> {
          byDimension.put(dimension, new Rows(rows, scale));
          occupied.addAll(rows.keySet());
        });
    bins = occupied.stream().mapToLong(Long::longValue).toArray();
  }

  /** The sum of censuses of one table. */
  static TableRows of(String table, List<TableCensus> parts, Scale scale) {
    Map<Integer, Map<Long, Long>> counts = new TreeMap<>();
    for (TableCensus part : parts) {
      for (BlockCensus block : part.getBlocksList()) {
        add(block, counts.computeIfAbsent(block.getDimension(), _ -> new TreeMap<>()));
      }
    }
    return new TableRows(table, counts, scale);
  }

  /** Adds a block's bins, which are coded as distances, to counts by bin. */
  static void add(BlockCensus block, Map<Long, Long> counts) {
    long bin = 0;
    for (int i = 0; i < block.getBinsCount(); i++) {
      bin += block.getBins(i);
      counts.merge(bin, block.getBinRows(i), Long::sum);
    }
  }

  String table() {
    return table;
  }

  /** Current dimensions, rising; 0 for traces. */
  Iterable<Integer> dimensions() {
    return byDimension.keySet();
  }

  /** Rows of a current dimension with a coordinate in [from, to). */
  double rows(int dimension, double from, double to) {
    Rows rows = byDimension.get(dimension);
    return rows == null ? 0 : rows.below(to, rows.count) - rows.below(from, rows.count);
  }

  /** Their popularity together. */
  double mass(int dimension, double from, double to) {
    Rows rows = byDimension.get(dimension);
    return rows == null ? 0 : rows.below(to, rows.mass) - rows.below(from, rows.mass);
  }

  /** The highest bin with rows that begins below a coordinate; negative infinity for none. */
  double binBelow(double u) {
    int at = firstFrom(bins, u);
    return at == 0 ? Double.NEGATIVE_INFINITY : bins[at - 1];
  }

  /** Where the lowest bin begins; infinite when there are no rows. */
  double lowest() {
    return bins.length == 0 ? Double.POSITIVE_INFINITY : bins[0];
  }

  /** Where the highest bin ends; negative infinity when there are no rows. */
  double highest() {
    return bins.length == 0 ? Double.NEGATIVE_INFINITY : bins[bins.length - 1] + 1.0;
  }

  /** Index of the first bin that does not begin below u. */
  private static int firstFrom(long[] bins, double u) {
    if (u == Double.POSITIVE_INFINITY) {
      return bins.length;
    }
    int at = Arrays.binarySearch(bins, (long) Math.ceil(u));
    return at >= 0 ? at : -at - 1;
  }

  /** Rows of one dimension, summed from the lowest bin. */
  private static final class Rows {
    final long[] bins;
    final double[] count;
    final double[] mass;

    Rows(Map<Long, Long> counts, Scale scale) {
      bins = new long[counts.size()];
      count = new double[counts.size() + 1];
      mass = new double[counts.size() + 1];
      int i = 0;
      for (Map.Entry<Long, Long> entry : counts.entrySet()) {
        bins[i] = entry.getKey();
        count[i + 1] = count[i] + entry.getValue();
        mass[i + 1] = mass[i] + entry.getValue() * scale.popularity(entry.getKey() + 0.5);
        i++;
      }
    }

    double below(double u, double[] sums) {
      int full = firstFrom(bins, u);
      if (full == 0) {
        return 0;
      }
      double part = Math.min(1, u - bins[full - 1]);
      return sums[full - 1] + part * (sums[full] - sums[full - 1]);
    }
  }
}
