package dev.varve.store;

/** A shard is starting, moving or restoring: ask again later; no answer can be given now. */
public final class ShardUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ShardUnavailableException(int shard, String why) {
    super("shard %d: %s (expected: running; try again)".formatted(shard, why));
  }
}
