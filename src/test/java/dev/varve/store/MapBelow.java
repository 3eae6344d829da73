package dev.varve.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * What is below a shard, in memory: ordered by unsigned bytes, as RocksDB is; any thread reads. It
 * is in a transaction, as Kafka Streams has it: what was put since the last {@link #commit} is lost
 * in a {@link #crash}.
 */
final class MapBelow implements Below {
  final NavigableMap<byte[], byte[]> pairs = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

  /** Keys in the order in which they were put, since the last commit. */
  final List<byte[]> puts = new ArrayList<>();

  /** Done before each read of several keys. */
  Runnable beforeRead = () -> {};

  /** What was there before the first put since the last commit. */
  private final Map<Bytes, byte @Nullable []> before = new HashMap<>();

  @Override
  public byte @Nullable [] get(byte[] key) {
    return pairs.get(key);
  }

  @Override
  public void get(byte[][] keys, int n, byte[] @Nullable [] values) {
    beforeRead.run();
    for (int i = 0; i < n; i++) {
      values[i] = get(keys[i]);
    }
  }

  @Override
  public void putAll(List<KeyValue<Bytes, byte[]>> put) {
    put.forEach(pair -> put(pair.key.get(), pair.value));
  }

  void put(byte[] key, byte @Nullable [] value) {
    puts.add(key);
    byte[] replaced = value == null ? pairs.remove(key) : pairs.put(key, value);
    Bytes wrapped = Bytes.wrap(key);
    if (!before.containsKey(wrapped)) {
      before.put(wrapped, replaced);
    }
  }

  void commit() {
    puts.clear();
    before.clear();
  }

  void crash() {
    before.forEach(
        (key, value) -> {
          if (value == null) {
            pairs.remove(key.get());
          } else {
            pairs.put(key.get(), value);
          }
        });
    commit();
  }

  @Override
  public void scan(byte[] from, byte[] to, Visitor visitor) {
    pairs.subMap(from, true, to, true).forEach(visitor::pair);
  }

  @Override
  public byte @Nullable [] scan(byte[] from, byte[] to, int most, Visitor visitor) {
    int n = 0;
    for (var pair : pairs.subMap(from, true, to, true).entrySet()) {
      if (n++ == most) {
        return pair.getKey();
      }
      visitor.pair(pair.getKey(), pair.getValue());
    }
    return null;
  }
}
