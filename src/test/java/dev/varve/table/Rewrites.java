package dev.varve.table;

import dev.varve.kernel.Kernels;

/**
 * Gives rows new floats as a shard does: by an update, whose step replaces them.
 *
 * <p><b>Threads:</b> the writer of the rows.
 */
final class Rewrites {
  static final Popularity DECAY = new Popularity(86_400_000);

  private final ResidentRows rows;
  private final RowUpdates updates;
  private final OneBlock bins = new OneBlock();
  private final int[] slot = new int[1];
  private final int[] occurrences = new int[1];
  private final long[] units = new long[1];

  Rewrites(ResidentRows rows) {
    this.rows = rows;
    this.updates = new RowUpdates(rows, DECAY, this::replace);
  }

  private boolean replace(long state, int dimension, float[] floats, int from) {
    Kernels.KERNELS.store(floats, from, state, rows.encoding().stateLength(dimension));
    return true;
  }

  /** Counts occurrences and replaces the floats; the row is dirty then. */
  void rewrite(int slot, int occurrences, long units, float[] state) {
    this.slot[0] = slot;
    this.occurrences[0] = occurrences;
    this.units[0] = units;
    var batch = new RowUpdates.Batch(this.occurrences, this.units, state, new int[1]);
    updates.update(this.slot, 1, batch, 0, bins, 0);
    bins.bins.clear();
  }
}
