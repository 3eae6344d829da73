package dev.varve.topology;

import dev.varve.layout.Memory;
import java.util.function.BiConsumer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** Keeps what the balance part must know in a store of Kafka Streams. */
final class KeyValueMemory implements Memory {
  private final KeyValueStore<String, byte[]> store;

  KeyValueMemory(KeyValueStore<String, byte[]> store) {
    this.store = store;
  }

  @Override
  public byte @Nullable [] get(String key) {
    return store.get(key);
  }

  @Override
  public void put(String key, byte @Nullable [] value) {
    if (value == null) {
      store.delete(key);
    } else {
      store.put(key, value);
    }
  }

  @Override
  public void forEach(String prefix, BiConsumer<String, byte[]> visitor) {
    try (var serializer = new StringSerializer();
        KeyValueIterator<String, byte[]> all = store.prefixScan(prefix, serializer)) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> next = all.next();
        visitor.accept(next.key, next.value);
      }
    }
  }
}
