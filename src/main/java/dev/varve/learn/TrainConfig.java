package dev.varve.learn;

import java.time.Duration;

public record TrainConfig(int batchSize, int threads, Duration commitInterval, Duration shardWait) {
  public static TrainConfig defaults() {
    return new TrainConfig(32, 1, Duration.ofMillis(100), Duration.ofSeconds(5));
  }
}
