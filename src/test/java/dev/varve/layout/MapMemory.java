package dev.varve.layout;

import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A memory that a test can look into and copy. */
final class MapMemory implements Memory {
  final TreeMap<String, byte[]> values = new TreeMap<>();

  @Override
  public byte @Nullable [] get(String key) {
    return values.get(key);
  }

  @Override
  public void put(String key, byte @Nullable [] value) {
    if (value == null) {
      values.remove(key);
    } else {
      values.put(key, value);
    }
  }

  @Override
  public void forEach(String prefix, BiConsumer<String, byte[]> visitor) {
    values.tailMap(prefix).entrySet().stream()
        .takeWhile(entry -> entry.getKey().startsWith(prefix))
        .forEach(entry -> visitor.accept(entry.getKey(), entry.getValue()));
  }
}
