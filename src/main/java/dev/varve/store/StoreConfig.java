package dev.varve.store;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.time.Duration;

/** How rows are kept; the components are the keys of the section {@code store}. */
public record StoreConfig(
    @Doc("Threads that apply updates, from 1 to 64.") int threads,
    @Doc("Time between commits of the store, from 10ms to 5s.") Duration commitInterval,
    @Doc(
            "Memory for rows, an equal part for each of kafka.shards; at least 1MiB, and 256KiB for"
                + " each.")
        Bytes cache,
    @Doc("Memory for blocks that RocksDB has read, one for all shards; at least 1MiB.")
        Bytes blockCache,
    @Doc("Memory for what RocksDB has not yet written to a file, for each shard; at least 1MiB.")
        Bytes writeBuffer,
    @Doc(
            "Memory for counting categories that have no row, an equal part for each of"
                + " kafka.shards; at least 64KiB.")
        Bytes sketch,
    @Doc("Event time in which a popularity without occurrences halves, from 1s to 3650d.")
        Duration popularityHalfLife,
    @Doc("Time between two censuses of a shard; at least 100ms.") Duration censusEvery) {
  private static final String SIZE_RULE = "at least 1MiB";

  /**
   * Beyond some 40 years, what a row that is counted all the time loses between two counts is less
   * than half of the last bit of its popularity, and it would never decay; at ten it loses what it
   * should to a fifth.
   */
  private static final Duration LONGEST_HALF_LIFE = Duration.ofDays(3_650);

  public StoreConfig {
    Check.that(threads >= 1 && threads <= 64, "threads", threads, "from 1 to 64");
    Check.that(
        commitInterval.compareTo(Duration.ofMillis(10)) >= 0
            && commitInterval.compareTo(Duration.ofSeconds(5)) <= 0,
        "commitInterval",
        commitInterval,
        "from 10ms to 5s");
    Check.that(cache.count() >= 1 << 20, "cache", cache, SIZE_RULE);
    Check.that(blockCache.count() >= 1 << 20, "blockCache", blockCache, SIZE_RULE);
    Check.that(writeBuffer.count() >= 1 << 20, "writeBuffer", writeBuffer, SIZE_RULE);
    Check.that(sketch.count() >= 1 << 16, "sketch", sketch, "at least 64KiB");
    Check.that(
        popularityHalfLife.compareTo(Duration.ofSeconds(1)) >= 0
            && popularityHalfLife.compareTo(LONGEST_HALF_LIFE) <= 0,
        "popularityHalfLife",
        popularityHalfLife,
        "from 1s to 3650d");
    Check.that(
        censusEvery.compareTo(Duration.ofMillis(100)) >= 0,
        "censusEvery",
        censusEvery,
        "at least 100ms");
  }

  public static StoreConfig defaults() {
    return new StoreConfig(
        1,
        Duration.ofSeconds(1),
        Bytes.mib(256),
        Bytes.mib(64),
        Bytes.mib(16),
        Bytes.mib(16),
        Duration.ofDays(1),
        Duration.ofSeconds(2));
  }
}
