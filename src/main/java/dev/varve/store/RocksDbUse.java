package dev.varve.store;

/**
 * What RocksDB uses for a shard, and for the whole process in the block cache that all shards
 * share.
 *
 * @param fileBytes files on disk that hold live data
 * @param memtableBytes memory for what is not yet in a file
 * @param tableReaderBytes memory for open files outside the block cache: indexes and filters, when
 *     the cache does not hold them
 * @param blockCacheBytes memory that the block cache of the process uses
 * @param blockCacheCapacity the most that it may use
 */
public record RocksDbUse(
    long fileBytes,
    long memtableBytes,
    long tableReaderBytes,
    long blockCacheBytes,
    long blockCacheCapacity) {
  public static final RocksDbUse NONE = new RocksDbUse(0, 0, 0, 0, 0);

  /** Of two shards of one process: the block cache counts once. */
  public RocksDbUse plus(RocksDbUse other) {
    return new RocksDbUse(
        fileBytes + other.fileBytes,
        memtableBytes + other.memtableBytes,
        tableReaderBytes + other.tableReaderBytes,
        Math.max(blockCacheBytes, other.blockCacheBytes),
        Math.max(blockCacheCapacity, other.blockCacheCapacity));
  }
}
