package dev.varve.table;

import dev.varve.kernel.Kernels;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads many rows at once.
 *
 * <p>A reader allocates nothing after it is made.
 *
 * <p><b>Threads:</b> one at a time for each reader; any number of readers beside the writer.
 */
public final class RowReader {
  private static final int SPINS = 1000;
  private static final long PAUSE_NS = 20_000;

  private final RowSearch search = new RowSearch();

  /**
   * Reads vectors as they are served.
   *
   * @param tables the rows' tables, from {@code from} on
   * @param keys the rows' categories, from {@code from} on
   * @param out receives float32[n][D] from index {@code from * D} on; rows that are not in memory
   *     are left as they are
   * @param dimensions receives the rows' dimensions from {@code from} on, {@link
   *     ResidentRows#ABSENT} for rows that are not in memory
   * @throws ClosedRowsException when the rows have been closed
   */
  public void vectors(
      ResidentRows rows,
      int[] tables,
      long[] keys,
      int from,
      int n,
      Basis basis,
      float[] out,
      int[] dimensions) {
    vectors(rows, tables, keys, from, n, basis, out, null, dimensions, null);
  }

  /**
   * The same to any places, and with the time of each row's last update.
   *
   * @param places the row of {@code out} that each vector goes to, from {@code from} on; null where
   *     they go one behind the other
   * @param times receives it from {@code from} on, packed ({@link PackedPopularity}); nothing where
   *     a row is not in memory
   */
  public void vectors(
      ResidentRows rows,
      int[] tables,
      long[] keys,
      int from,
      int n,
      Basis basis,
      float[] out,
      int @Nullable [] places,
      int[] dimensions,
      long @Nullable [] times) {
    for (int at = from; at < from + n; at += ResidentRows.CHUNK) {
      int chunk = Math.min(ResidentRows.CHUNK, from + n - at);
      int entered = enter(rows);
      try {
        search.find(
            rows.index(), rows.slabs(), tables, keys, at, chunk, rows.slabs().lastOfVector());
        for (int i = 0; i < chunk; i++) {
          int slot = search.slot(i);
          dimensions[at + i] = slot < 0 ? ResidentRows.ABSENT : Slabs.dimensionOf(slot);
          if (slot >= 0) {
            int place = places == null ? at + i : places[at + i];
            copyVector(search.row(i), dimensions[at + i], basis, out, place, times, at + i);
          }
        }
      } finally {
        rows.gate().leave(entered);
      }
    }
  }

  /**
   * Reads whole states.
   *
   * @param out receives float32[n][width] from index {@code from * width} on, each row's state at
   *     the beginning of its part
   * @param width floats of the widest row's state, at least
   * @param dimensions as in {@link #vectors}
   * @throws ClosedRowsException when the rows have been closed
   */
  public void states(
      ResidentRows rows,
      int[] tables,
      long[] keys,
      int from,
      int n,
      float[] out,
      int width,
      int[] dimensions) {
    rows(rows, tables, keys, from, n, out, width, dimensions, null);
  }

  /**
   * The same with popularities.
   *
   * @param counted receives long[n][2], popularity and its time, packed, from {@code 2 * from} on;
   *     nothing where a row is not in memory
   */
  public void rows(
      ResidentRows rows,
      int[] tables,
      long[] keys,
      int from,
      int n,
      float[] out,
      int width,
      int[] dimensions,
      long @Nullable [] counted) {
    for (int at = from; at < from + n; at += ResidentRows.CHUNK) {
      int chunk = Math.min(ResidentRows.CHUNK, from + n - at);
      int entered = enter(rows);
      try {
        search.find(
            rows.index(), rows.slabs(), tables, keys, at, chunk, rows.slabs().lastOfState());
        for (int i = 0; i < chunk; i++) {
          int slot = search.slot(i);
          dimensions[at + i] = slot < 0 ? ResidentRows.ABSENT : Slabs.dimensionOf(slot);
          if (slot >= 0) {
            int length = rows.encoding().rowFloats(dimensions[at + i]);
            copyRow(search.row(i), length, out, (at + i) * width, counted, 2 * (at + i));
          }
        }
      } finally {
        rows.gate().leave(entered);
      }
    }
  }

  private static int enter(ResidentRows rows) {
    int entered = rows.gate().enter();
    if (rows.isClosed()) {
      rows.gate().leave(entered);
      throw new ClosedRowsException();
    }
    return entered;
  }

  private static void copyVector(
      long row,
      int dimension,
      Basis basis,
      float[] out,
      int place,
      long @Nullable [] times,
      int i) {
    int width = basis.width();
    int at = place * width;
    int spins = 0;
    int sequence;
    do {
      sequence = readable(row, spins++);
      long vector = RowDescriptor.vector(row);
      if (basis.isIdentity()) {
        Kernels.KERNELS.load(vector, out, at, dimension);
      } else {
        Kernels.KERNELS.project(vector, dimension, basis.values(), width, out, at);
      }
      if (times != null) {
        times[i] = RowDescriptor.time(row);
      }
    } while (!RowDescriptor.isUnchanged(row, sequence));
    if (basis.isIdentity() && dimension < width) {
      Arrays.fill(out, at + dimension, at + width, 0);
    }
    RowDescriptor.markRecent(row);
  }

  private static void copyRow(
      long row, int length, float[] out, int at, long @Nullable [] counted, int countedAt) {
    int spins = 0;
    int sequence;
    do {
      sequence = readable(row, spins++);
      Kernels.KERNELS.load(RowDescriptor.state(row), out, at, length);
      if (counted != null) {
        counted[countedAt] = RowDescriptor.popularity(row);
        counted[countedAt + 1] = RowDescriptor.time(row);
      }
    } while (!RowDescriptor.isUnchanged(row, sequence));
    RowDescriptor.markRecent(row);
  }

  /** The sequence of the row; gives way when its writer seems to have been interrupted. */
  private static int readable(long row, int spins) {
    if (spins > 0) {
      if (spins % SPINS == 0) {
        LockSupport.parkNanos(PAUSE_NS);
      } else {
        Thread.onSpinWait();
      }
    }
    return RowDescriptor.sequenceAcquire(row);
  }
}
