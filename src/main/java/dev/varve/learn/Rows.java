package dev.varve.learn;

import dev.varve.table.RowKeys;

/**
 * What a trainer reads of the tables.
 *
 * <p><b>Errors:</b> both methods wait for a shard that is starting or moving, and throw when it
 * does not come in time: a trainer never learns from a row that it could not read.
 */
public interface Rows {
  /**
   * The end offset of the trainer's newest update batch that the shard's rows contain; 0 before the
   * first.
   */
  long applied(int shard, int trainer);

  /**
   * Reads the states of rows of one shard, in the shape that the optimizer gives them: each as its
   * table will have it when the update comes that it is read for. Where the occurrences that {@code
   * keys} name carry a row across a threshold, or give a category its first row, it comes with the
   * coordinates that it will have then.
   *
   * @param atMs event time of the update
   * @param states receives float32[keys.size()][width]; where there is no row, nothing
   * @param width floats of the widest row's state
   * @param dimensions receives each row's dimension, {@link dev.varve.table.ResidentRows#ABSENT}
   *     where there is none; where the tail serves a category without a row, the tail's
   * @param found receives the same as it is now
   * @param popularities receives the logarithm to the base 2 of each category's popularity at
   *     {@code atMs}, without what {@code keys} name; negative infinity where it is not counted
   *     exactly
   */
  void read(
      int shard,
      RowKeys keys,
      long atMs,
      float[] states,
      int width,
      int[] dimensions,
      int[] found,
      float[] popularities);
}
