package dev.varve.broker;

import java.time.Duration;
import java.util.Map;

public record KafkaConfig(
    String bootstrap,
    int port,
    String prefix,
    int partitions,
    int shards,
    int replication,
    Duration retention,
    String instance,
    Map<String, String> properties) {
  public static KafkaConfig defaults() {
    return new KafkaConfig("", 9092, "varve", 4, 4, 1, Duration.ofDays(7), "varve-1", Map.of());
  }
}
