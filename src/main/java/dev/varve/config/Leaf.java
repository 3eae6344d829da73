package dev.varve.config;

import dev.varve.base.Doc;
import java.lang.reflect.RecordComponent;

/**
 * One key.
 *
 * @param key full, such as {@code train.batch-size}
 * @param defaultValue never null
 */
record Leaf(String key, LeafType type, Object defaultValue, String doc) implements Member {
  static Leaf of(String key, LeafType type, Object defaultValue, RecordComponent component) {
    var doc = component.getAnnotation(Doc.class);
    if (doc == null) {
      throw new IllegalStateException("%s: no @Doc (expected: one on every key)".formatted(key));
    }
    return new Leaf(key, type, defaultValue, doc.value());
  }

  /** The default in the form that a source gives. */
  Raw defaultRaw() {
    return type.write(defaultValue);
  }
}
