package dev.varve.table;

import org.agrona.collections.IntArrayList;

/**
 * Updates rows where they are, a chunk at a time: counts their occurrences and steps their floats,
 * so that a reader sees both of a row or neither.
 *
 * <p><b>Threads:</b> the writer of the rows.
 */
public final class RowUpdates {
  private static final int SOON = 1024;

  private final ResidentRows rows;
  private final Popularity decay;
  private final StateStep step;
  private final IntArrayList leaving = new IntArrayList();

  /** What is left after so many units: most rows that are updated were so not long ago. */
  private final double[] soon = new double[SOON];

  public RowUpdates(ResidentRows rows, Popularity decay, StateStep step) {
    this.rows = rows;
    this.decay = decay;
    this.step = step;
    for (int units = 0; units < SOON; units++) {
      soon[units] = PackedPopularity.left(decay, 0, units);
    }
  }

  /**
   * What happened to rows.
   *
   * @param occurrences of each
   * @param units event time of each one's occurrences, packed
   * @param gradients for the steps
   * @param at where in them each row's gradient begins, fit for its dimension; negative for none
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Batch(int[] occurrences, long[] units, float[] gradients, int[] at) {}

  /** What holds for the rows of a table while it is updated. */
  public interface Table {
    /** Where the census counts its rows of a dimension. */
    PopularityBins bins(int dimension);

    /** Whether a row of this dimension stays in its block at this popularity. */
    boolean stays(int dimension, double popularity);
  }

  /**
   * Updates rows; they are dirty then. One that is named twice is updated twice.
   *
   * @param slots of the rows; negative ones are left out
   * @param n at most {@link ResidentRows#CHUNK}
   * @param from row of the batch that is in the first slot
   * @param table the rows' table: a row leaves its bin when it becomes dirty
   * @param earliest time that a row has afterwards, at least, packed
   * @return how many steps were not taken; the occurrences count in any case
   */
  public int update(int[] slots, int n, Batch batch, int from, Table table, long earliest) {
    leaving.clear();
    int refused = 0;
    for (int i = 0; i < n; i++) {
      int slot = slots[i];
      if (slot >= 0) {
        long row = rows.row(slot);
        int dimension = Slabs.dimensionOf(slot);
        if (!RowDescriptor.isDirty(row)) {
          table.bins(dimension).leave(bin(row));
          rows.addDirty(slot);
          RowDescriptor.setDirty(row);
        }
        refused += write(row, dimension, batch, from + i, earliest) ? 0 : 1;
        double popularity = PackedPopularity.unpackPopularity(RowDescriptor.popularity(row));
        if (!table.stays(dimension, popularity)) {
          leaving.addInt(i);
        }
      }
    }
    return refused;
  }

  /** Of the slots last updated, which hold rows that do not stay in their block. */
  public IntArrayList leaving() {
    return leaving;
  }

  private boolean write(long row, int dimension, Batch batch, int at, long earliest) {
    long units = RowDescriptor.time(row);
    long atUnits = batch.units[at];
    long latest = Math.max(units, atUnits);
    long counted =
        PackedPopularity.added(
            RowDescriptor.popularity(row),
            units,
            batch.occurrences[at],
            atUnits,
            left(units, atUnits));
    if (latest < earliest) {
      counted = PackedPopularity.added(counted, latest, 0, earliest, left(latest, earliest));
      latest = earliest;
    }
    int gradient = batch.at[at];
    int sequence = RowDescriptor.sequence(row);
    RowDescriptor.beginWrite(row, sequence);
    try {
      RowDescriptor.setPopularityAndRecent(row, counted, latest);
      return gradient < 0
          || step.step(RowDescriptor.state(row), dimension, batch.gradients, gradient);
    } finally {
      // Also when the step fails: a row that stays locked would hold its readers for ever.
      RowDescriptor.endWriteDirty(row, sequence);
    }
  }

  private double left(long units, long atUnits) {
    long elapsed = Math.abs(atUnits - units);
    return elapsed < SOON ? soon[(int) elapsed] : PackedPopularity.left(decay, units, atUnits);
  }

  /** The popularity bin of the row in a slot. */
  public long bin(int slot) {
    return bin(rows.row(slot));
  }

  private long bin(long row) {
    return bin(RowDescriptor.popularity(row), RowDescriptor.time(row));
  }

  /** The popularity bin of a row that is below. */
  public long bin(byte[] value) {
    return bin(RowFormat.popularity(value), RowFormat.time(value));
  }

  private long bin(long popularity, long units) {
    return decay.bin(
        PackedPopularity.unpackPopularity(popularity), PackedPopularity.unpackTime(units));
  }
}
