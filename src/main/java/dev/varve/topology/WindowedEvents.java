package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.join.JoinConfig;
import dev.varve.join.WaitingEvents;
import dev.varve.schema.Waiting;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/**
 * What a joiner keeps, in a window store of Kafka Streams, which deletes what is old. Windows are
 * as long as an event is kept, so that any event is in one of two or three, and reading one is a
 * single look-up.
 */
final class WindowedEvents implements WaitingEvents {
  private static final Duration LEAST = Duration.ofMinutes(1);

  private final WindowStore<Bytes, byte[]> store;
  private final long periodMs;

  WindowedEvents(WindowStore<Bytes, byte[]> store, JoinConfig config) {
    this.store = store;
    this.periodMs = period(config).toMillis();
  }

  private static Duration period(JoinConfig config) {
    Duration kept = config.window().plus(config.late());
    return kept.compareTo(LEAST) < 0 ? LEAST : kept;
  }

  /** The store of a partition. */
  static StoreBuilder<WindowStore<Bytes, byte[]>> builder(String name, JoinConfig config) {
    Duration period = period(config);
    // An event at the end of a window is kept for another one; clicks come before their impression.
    Duration retention = period.multipliedBy(3);
    return Stores.windowStoreBuilder(
        Stores.persistentWindowStore(name, retention, period, false),
        Serdes.Bytes(),
        Serdes.ByteArray());
  }

  private long windowOf(long ms) {
    return Math.max(0, Math.floorDiv(ms, periodMs) * periodMs);
  }

  @Override
  public @Nullable Waiting find(byte[] id, long fromMs, long toMs) {
    for (long at = windowOf(toMs); at >= windowOf(fromMs); at -= periodMs) {
      byte[] value = store.fetch(Bytes.wrap(id), at);
      if (value != null) {
        Waiting found = parse(value);
        if (found.getEventTimeMs() >= fromMs && found.getEventTimeMs() <= toMs) {
          return found;
        }
      }
    }
    return null;
  }

  @Override
  public void put(byte[] id, Waiting waiting) {
    store.put(Bytes.wrap(id), waiting.toByteArray(), windowOf(waiting.getEventTimeMs()));
  }

  @Override
  public void remove(byte[] id, Waiting waiting) {
    store.put(Bytes.wrap(id), null, windowOf(waiting.getEventTimeMs()));
  }

  @Override
  public void forEach(BiConsumer<byte[], Waiting> action) {
    try (KeyValueIterator<Windowed<Bytes>, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Windowed<Bytes>, byte[]> next = all.next();
        action.accept(next.key.key().get(), parse(next.value));
      }
    }
  }

  @Override
  public void removeBefore(long ms) {
    forEach(
        (id, waiting) -> {
          if (waiting.getEventTimeMs() < ms) {
            remove(id, waiting);
          }
        });
  }

  private static Waiting parse(byte[] value) {
    try {
      return Waiting.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("waiting event: unreadable (expected: one of Varve's)", e);
    }
  }
}
