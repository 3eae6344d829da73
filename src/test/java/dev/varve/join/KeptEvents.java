package dev.varve.join;

import dev.varve.schema.Waiting;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What a joiner keeps, in a map. */
public final class KeptEvents implements WaitingEvents {
  private record Key(String id, long ms) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byId = id.compareTo(other.id);
      return byId == 0 ? Long.compare(ms, other.ms) : byId;
    }
  }

  private final TreeMap<Key, Waiting> events = new TreeMap<>();

  private static Key key(byte[] id, long ms) {
    return new Key(new String(id, StandardCharsets.UTF_8), ms);
  }

  @Override
  public @Nullable Waiting find(byte[] id, long fromMs, long toMs) {
    Map<Key, Waiting> some = events.subMap(key(id, fromMs), true, key(id, toMs), true);
    return some.isEmpty() ? null : some.values().iterator().next();
  }

  @Override
  public void put(byte[] id, Waiting waiting) {
    events.put(key(id, waiting.getEventTimeMs()), waiting);
  }

  @Override
  public void remove(byte[] id, Waiting waiting) {
    events.remove(key(id, waiting.getEventTimeMs()));
  }

  @Override
  public void forEach(BiConsumer<byte[], Waiting> action) {
    List.copyOf(events.entrySet())
        .forEach(
            of -> action.accept(of.getKey().id.getBytes(StandardCharsets.UTF_8), of.getValue()));
  }

  @Override
  public void removeBefore(long ms) {
    events.keySet().removeIf(key -> key.ms < ms);
  }

  long bytes() {
    long bytes = 0;
    for (Map.Entry<Key, Waiting> of : events.entrySet()) {
      bytes += of.getKey().id.length() + of.getValue().getSerializedSize();
    }
    return bytes;
  }
}
