package dev.varve.bench;

import dev.varve.broker.EmbeddedBroker;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.TopicSetup;
import dev.varve.broker.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka with Varve's topics.
 *
 * <p><b>Threads:</b> one.
 */
final class KafkaScene implements AutoCloseable {
  private final @Nullable EmbeddedBroker broker;
  private final String bootstrap;
  private final Admin admin;
  private final KafkaConfig config;

  private KafkaScene(@Nullable EmbeddedBroker broker, String bootstrap, KafkaConfig config) {
    this.broker = broker;
    this.bootstrap = bootstrap;
    this.config = config;
    this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  /**
   * Starts a broker in this process and makes the topics.
   *
   * @param folder for its data, empty
   */
  static KafkaScene start(Path folder, KafkaConfig config)
      throws IOException, InterruptedException {
    var broker = EmbeddedBroker.start(folder, EmbeddedBroker.freePort());
    var scene = new KafkaScene(broker, broker.bootstrap(), config);
    new TopicSetup(scene.admin, scene.topics()).create();
    return scene;
  }

  /** The Kafka of another process. */
  static KafkaScene of(String bootstrap, KafkaConfig config) {
    return new KafkaScene(null, bootstrap, config);
  }

  String bootstrap() {
    return bootstrap;
  }

  KafkaConfig config() {
    return config;
  }

  Topics topics() {
    return new Topics(config);
  }

  /** Committed offsets of the store or its like, by partition of {@code updates}. */
  long[] committed(String group) throws InterruptedException {
    return committed(group, topics().updates(), config.shards());
  }

  /** Committed offsets of a group, by partition of a topic; 0 where there is none yet. */
  long[] committed(String group, String topic, int partitions) throws InterruptedException {
    long[] offsets = new long[partitions];
    try {
      admin
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get()
          .forEach(
              (partition, offset) -> {
                if (offset != null && partition.topic().equals(topic)) {
                  offsets[partition.partition()] = offset.offset();
                }
              });
    } catch (ExecutionException e) {
      throw new KafkaException("group " + group + ": offsets could not be read", e.getCause());
    }
    return offsets;
  }

  @Override
  public void close() {
    admin.close();
    if (broker != null) {
      broker.close();
    }
  }
}
