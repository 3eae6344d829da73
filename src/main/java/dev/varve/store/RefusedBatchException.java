package dev.varve.store;

/**
 * An update batch that is malformed: nothing of it was applied, and nothing ever will be. Any other
 * exception of a shard is the shard's own trouble, and the batch is still to be applied.
 */
public final class RefusedBatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RefusedBatchException(IllegalArgumentException reason) {
    super(reason.getMessage(), reason);
  }
}
