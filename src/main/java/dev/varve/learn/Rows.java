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
   * Reads the states of rows of one shard, in the shape that the optimizer gives them.
   *
   * @param states receives float32[keys.size()][width]; where there is no row, nothing
   * @param width floats of the widest row's state
   * @param dimensions receives each row's dimension, {@link dev.varve.table.ResidentRows#ABSENT}
   *     where there is none; where the tail serves a category without a row, the tail's
   */
  void read(int shard, RowKeys keys, float[] states, int width, int[] dimensions);
}
