package dev.varve.layout;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where {@link Balance} keeps what it must know after a crash: texts to bytes. Whatever one call of
 * Balance writes must become durable together, and together with what it answered and published.
 */
public interface Memory {
  /** The value of a key; null when there is none. */
  byte @Nullable [] get(String key);

  /** Sets or, with null, deletes a value. At most some hundred KiB. */
  void put(String key, byte @Nullable [] value);

  /** Visits the keys that begin so, rising; the visitor must not write. */
  void forEach(String prefix, BiConsumer<String, byte[]> visitor);
}
