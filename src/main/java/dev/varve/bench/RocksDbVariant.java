package dev.varve.bench;

import dev.varve.store.RocksDbOptions;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.IndexType;
import org.rocksdb.Options;

/**
 * The options of a shard with one of them changed.
 *
 * <p>Begins with what Kafka Streams sets itself, and lets {@link RocksDbOptions} change that.
 */
enum RocksDbVariant {
  AS_CONFIGURED((options, table) -> {}),
  BLOOM_NOT_ON_LAST_LEVEL((options, table) -> options.setOptimizeFiltersForHits(true)),
  BLOOM_7((options, table) -> table.setFilterPolicy(new BloomFilter(7))),
  BLOOM_14((options, table) -> table.setFilterPolicy(new BloomFilter(14))),
  NO_BLOOM((options, table) -> table.setFilterPolicy(null)),
  INDEX_OUTSIDE_THE_CACHE((options, table) -> table.setCacheIndexAndFilterBlocks(false)),
  INDEX_PARTITIONED(
      (options, table) ->
          table.setIndexType(IndexType.kTwoLevelIndexSearch).setPartitionFilters(true)),
  INDEX_HASH_IN_BLOCKS(
      (options, table) -> table.setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)),
  BLOCK_2K((options, table) -> table.setBlockSize(2 << 10)),
  BLOCK_8K((options, table) -> table.setBlockSize(8 << 10)),
  BLOCK_16K((options, table) -> table.setBlockSize(16 << 10)),
  COMPRESSION_LZ4((options, table) -> options.setCompressionType(CompressionType.LZ4_COMPRESSION)),
  COMPRESSION_ZSTD(
      (options, table) -> options.setCompressionType(CompressionType.ZSTD_COMPRESSION)),
  DIRECT_IO(
      (options, table) ->
          options.setUseDirectReads(true).setUseDirectIoForFlushAndCompaction(true)),
  BYTES_PER_SYNC_1M((options, table) -> options.setBytesPerSync(1 << 20)),
  BUFFER_4M((options, table) -> options.setWriteBufferSize(4 << 20)),
  BUFFER_32M((options, table) -> options.setWriteBufferSize(32 << 20)),
  BUFFER_64M((options, table) -> options.setWriteBufferSize(64 << 20)),
  BUFFERS_3((options, table) -> options.setMaxWriteBufferNumber(3)),
  BUFFER_FILTER(
      (options, table) ->
          options.setMemtablePrefixBloomSizeRatio(0.02).setMemtableWholeKeyFiltering(true)),
  LEVELS((options, table) -> options.setCompactionStyle(CompactionStyle.LEVEL)),
  RUNS_8((options, table) -> options.setLevel0FileNumCompactionTrigger(8));

  /** Of the block cache: a quarter of the usual one, as there are four shards. */
  private static final long BLOCK_CACHE_BYTES = 16 << 20;

  private static final long WRITE_BUFFER_BYTES = 16 << 20;

  @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
  private final BiConsumer<Options, BlockBasedTableConfig> change;

  RocksDbVariant(BiConsumer<Options, BlockBasedTableConfig> change) {
    this.change = change;
  }

  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  Options options() {
    var options = new Options();
    // As in org.apache.kafka.streams.state.internals.RocksDBStore of Kafka 4.3.
    options
        .setTableFormatConfig(new BlockBasedTableConfig().setBlockSize(4 << 10))
        .setAtomicFlush(true)
        .setOptimizeFiltersForHits(true)
        .setCompressionType(CompressionType.NO_COMPRESSION)
        .setCompactionStyle(CompactionStyle.UNIVERSAL)
        .setMaxWriteBufferNumber(3)
        .setCreateIfMissing(true)
        .setIncreaseParallelism(Math.max(Runtime.getRuntime().availableProcessors(), 2));
    new RocksDbOptions()
        .setConfig(
            "bench",
            options,
            Map.of(
                RocksDbOptions.BLOCK_CACHE_BYTES, BLOCK_CACHE_BYTES,
                RocksDbOptions.WRITE_BUFFER_BYTES, WRITE_BUFFER_BYTES));
    var table = (BlockBasedTableConfig) options.tableFormatConfig();
    change.accept(options, table);
    return options.setTableFormatConfig(table);
  }
}
