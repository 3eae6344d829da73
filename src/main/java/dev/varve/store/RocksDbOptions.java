package dev.varve.store;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;

/**
 * RocksDB options of every shard: one block cache for the whole process, so that its size is a
 * bound.
 *
 * <p>Chosen by {@code varve bench store rocksdb-options}; the figures are in {@code
 * ops/bench/rocksdb-options.json}. Here in microseconds, batches of 512, one shard of 500,000 rows:
 *
 * <ul>
 *   <li>A Bloom filter of 10 bits, also on the last level, where Kafka Streams leaves it out: most
 *       keys that are looked for and not in memory are new. A miss costs 0.6 instead of 2.5, and
 *       7.1 without any filter; 7 bits: 0.9, 14 bits: 0.5.
 *   <li>A block cache of four parts, because a filter that does not fit into one of them is read
 *       again each time, and by default a part has 512 KiB or 1 MiB: a hit 2.5 instead of 4.4, a
 *       miss 0.6 instead of 2.0.
 *   <li>No direct I/O: a hit would cost 44 for want of the system's cache.
 *   <li>No compression: LZ4 saves nothing, ZSTD a tenth of the bytes for twice the CPU time.
 *   <li>Blocks of 4 KiB: a hit costs 3.2 with 8 KiB, 4.0 with 16 KiB, and 2 KiB gain nothing.
 *   <li>Partitioned indexes, hashes in blocks, filters for buffers, larger or more write buffers,
 *       other compaction: no gain that the noise does not cover, or a loss.
 * </ul>
 */
public final class RocksDbOptions implements RocksDBConfigSetter {
  /** Streams configuration key: bytes of the shared block cache. */
  public static final String BLOCK_CACHE_BYTES = "varve.block.cache.bytes";

  /** Streams configuration key: bytes of one shard's write buffer; two of them at most. */
  public static final String WRITE_BUFFER_BYTES = "varve.write.buffer.bytes";

  private static final int BLOOM_BITS_PER_KEY = 10;

  /** Part of the cache that data blocks leave to indexes and filters. Java's default is none. */
  private static final double FILTER_SHARE = 0.5;

  private static final int CACHE_SHARD_BITS = 2;

  private static @Nullable Cache sharedCache;

  private static synchronized Cache cache(long bytes) {
    Cache cache = sharedCache;
    if (cache == null) {
      // Shared by all stores for the life of the process: never closed.
      cache = new LRUCache(bytes, CACHE_SHARD_BITS, false, FILTER_SHARE);
      sharedCache = cache;
    }
    return cache;
  }

  @Override
  public void setConfig(String storeName, Options options, Map<String, Object> configs) {
    var table =
        options.tableFormatConfig() instanceof BlockBasedTableConfig given
            ? given
            : new BlockBasedTableConfig();
    table.setBlockCache(cache(number(configs, BLOCK_CACHE_BYTES)));
    table.setCacheIndexAndFilterBlocks(true);
    table.setPinL0FilterAndIndexBlocksInCache(true);
    table.setFilterPolicy(new BloomFilter(BLOOM_BITS_PER_KEY));
    options.setTableFormatConfig(table);
    options.setWriteBufferSize(number(configs, WRITE_BUFFER_BYTES));
    options.setMaxWriteBufferNumber(2);
    options.setOptimizeFiltersForHits(false);
  }

  private static long number(Map<String, Object> configs, String key) {
    return Long.parseLong(String.valueOf(configs.get(key)));
  }

  @Override
  public void close(String storeName, Options options) {
    // What was given to RocksDB above is shared or owned by its options.
  }
}
