package dev.varve.topology;

import org.jspecify.annotations.Nullable;

/** Fields that Kafka Streams fills in {@code init}. */
final class Initialized {
  private Initialized() {}

  static <T> T require(@Nullable T field) {
    if (field == null) {
      throw new IllegalStateException("processor: used before it was initialized");
    }
    return field;
  }
}
