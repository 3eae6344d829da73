package dev.varve.store;

import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** Writes through Kafka Streams' layers, changelog included, and reads below them. */
final class RocksDbBelow implements Below {
  private final KeyValueStore<Bytes, byte[]> logged;
  private final ConcurrentRocksDb rocks;

  /**
   * @param logged what Kafka Streams has built around {@code rocks}
   */
  RocksDbBelow(KeyValueStore<Bytes, byte[]> logged, ConcurrentRocksDb rocks) {
    this.logged = logged;
    this.rocks = rocks;
  }

  @Override
  public void get(byte[][] keys, int n, byte[] @Nullable [] values) {
    rocks.read(keys, n, values);
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    return rocks.read(key);
  }

  @Override
  public void putAll(List<KeyValue<Bytes, byte[]>> pairs) {
    logged.putAll(pairs);
  }

  @Override
  public void scan(byte[] from, byte[] to, Visitor visitor) {
    try (KeyValueIterator<Bytes, byte[]> pairs = logged.range(Bytes.wrap(from), Bytes.wrap(to))) {
      while (pairs.hasNext()) {
        KeyValue<Bytes, byte[]> pair = pairs.next();
        visitor.pair(pair.key.get(), pair.value);
      }
    }
  }

  @Override
  public byte @Nullable [] scan(byte[] from, byte[] to, int most, Visitor visitor) {
    try (KeyValueIterator<Bytes, byte[]> pairs = logged.range(Bytes.wrap(from), Bytes.wrap(to))) {
      for (int n = 0; n < most && pairs.hasNext(); n++) {
        KeyValue<Bytes, byte[]> pair = pairs.next();
        visitor.pair(pair.key.get(), pair.value);
      }
      return pairs.hasNext() ? pairs.peekNextKey().get() : null;
    }
  }
}
