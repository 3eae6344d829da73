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
 * bound, and a Bloom filter, because most categories that are new have no row to find.
 */
public final class RocksDbOptions implements RocksDBConfigSetter {
  /** Streams configuration key: bytes of the shared block cache. */
  public static final String BLOCK_CACHE_BYTES = "varve.block.cache.bytes";

  /** Streams configuration key: bytes of one shard's write buffer; two of them at most. */
  public static final String WRITE_BUFFER_BYTES = "varve.write.buffer.bytes";

  private static final int BLOOM_BITS_PER_KEY = 10;

  private static @Nullable Cache sharedCache;

  private static synchronized Cache cache(long bytes) {
    Cache cache = sharedCache;
    if (cache == null) {
      // Shared by all stores for the life of the process: never closed.
      cache = new LRUCache(bytes);
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
  }

  private static long number(Map<String, Object> configs, String key) {
    return Long.parseLong(String.valueOf(configs.get(key)));
  }

  @Override
  public void close(String storeName, Options options) {
    // What was given to RocksDB above is shared or owned by its options.
  }
}
