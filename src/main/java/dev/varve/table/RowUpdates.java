package dev.varve.table;

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
   * @param gradients for the step, {@code length} floats a row
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Batch(int[] occurrences, long[] units, float[] gradients, int length) {}

  /**
   * Updates rows; they are dirty then. One that is named twice is updated twice.
   *
   * @param n at most {@link ResidentRows#CHUNK}
   * @param from row of the batch that is in the first slot
   * @param bins of the rows' table: a row leaves its bin when it becomes dirty
   * @return how many steps were not taken; the occurrences count in any case
   */
  public int update(int[] slots, int n, Batch batch, int from, PopularityBins bins) {
    int refused = 0;
    for (int i = 0; i < n; i++) {
      int slot = slots[i];
      long row = rows.row(slot);
      if (!RowDescriptor.isDirty(row)) {
        bins.leave(bin(row));
        rows.addDirty(slot);
        RowDescriptor.setDirty(row);
      }
      refused += write(row, Slabs.dimensionOf(slot), batch, from + i) ? 0 : 1;
    }
    return refused;
  }

  private boolean write(long row, int dimension, Batch batch, int at) {
    long units = RowDescriptor.time(row);
    long atUnits = batch.units[at];
    long counted =
        PackedPopularity.added(
            RowDescriptor.popularity(row),
            units,
            batch.occurrences[at],
            atUnits,
            left(units, atUnits));
    int sequence = RowDescriptor.sequence(row);
    RowDescriptor.beginWrite(row, sequence);
    try {
      RowDescriptor.setPopularityAndRecent(row, counted, Math.max(units, atUnits));
      return step.step(RowDescriptor.state(row), dimension, batch.gradients, at * batch.length);
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
    return decay.bin(
        PackedPopularity.unpackPopularity(RowDescriptor.popularity(row)),
        PackedPopularity.unpackTime(RowDescriptor.time(row)));
  }
}
