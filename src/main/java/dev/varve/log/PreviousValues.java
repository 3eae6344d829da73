package dev.varve.log;

import java.util.LinkedHashMap;
import java.util.Map;

/** The last value seen per key, for the keys seen last. */
final class PreviousValues {
  /** Keys held. */
  static final int MAX_KEYS = 1 << 19;

  private final Map<String, String> values =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MAX_KEYS;
        }
      };

  /** The value put last, empty when there is none. */
  String get(String key) {
    return values.getOrDefault(key, "");
  }

  /** An empty key or value says nothing and is left out. */
  void put(String key, String value) {
    if (!key.isEmpty() && !value.isEmpty()) {
      values.put(key, value);
    }
  }
}
