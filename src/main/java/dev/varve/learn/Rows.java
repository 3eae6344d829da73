package dev.varve.learn;

import org.jspecify.annotations.Nullable;

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
   * The state of a row, not to be changed ({@link Adagrad} gives its shape); null without a row.
   */
  float @Nullable [] read(int shard, String table, long category);
}
