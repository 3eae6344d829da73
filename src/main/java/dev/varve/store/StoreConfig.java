package dev.varve.store;

import dev.varve.base.Bytes;
import java.time.Duration;

public record StoreConfig(
    int threads,
    Duration commitInterval,
    Bytes cache,
    Bytes blockCache,
    Bytes writeBuffer,
    Duration popularityHalfLife,
    Duration censusEvery) {
  public static StoreConfig defaults() {
    return new StoreConfig(
        1,
        Duration.ofSeconds(1),
        Bytes.mib(256),
        Bytes.mib(64),
        Bytes.mib(16),
        Duration.ofDays(1),
        Duration.ofSeconds(2));
  }
}
