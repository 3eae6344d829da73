package dev.varve.store;

import dev.varve.schema.UpdateBatch;

/**
 * How far a shard is.
 *
 * @param examples learned, each exactly once
 * @param watermarkMs largest event time, milliseconds since 1970-01-01 UTC; 0 before the first
 * @param layoutVersion that the rows follow
 * @param refusedGradients out of bounds, since the shard was opened
 */
public record ShardProgress(
    long examples, long watermarkMs, long layoutVersion, long refusedGradients) {
  static final ShardProgress NONE = new ShardProgress(0, 0, 0, 0);

  /** Behind an update batch. */
  ShardProgress behind(UpdateBatch batch, long layoutVersion, long refusedGradients) {
    return new ShardProgress(
        examples + batch.getExamples(),
        Math.max(watermarkMs, batch.getEventTimeMs()),
        layoutVersion,
        refusedGradients);
  }

  /** Under another layout. */
  ShardProgress under(long version) {
    return new ShardProgress(examples, watermarkMs, version, refusedGradients);
  }
}
