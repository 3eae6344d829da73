package dev.varve.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** What is below a shard, in memory: ordered by unsigned bytes, as RocksDB is; any thread reads. */
final class MapBelow implements Shard.Below {
  final NavigableMap<byte[], byte[]> pairs = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

  /** Keys in the order in which they were put. */
  final List<byte[]> puts = new ArrayList<>();

  @Override
  public byte @Nullable [] get(byte[] key) {
    return pairs.get(key);
  }

  @Override
  public void put(byte[] key, byte[] value) {
    puts.add(key);
    pairs.put(key, value);
  }

  @Override
  public void scan(byte[] from, byte[] to, Visitor visitor) {
    pairs.subMap(from, true, to, true).forEach(visitor::pair);
  }
}
