package dev.varve.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads what is committed in a topic, from the beginning to what its end was at first.
 *
 * <p><b>Threads:</b> one.
 */
final class TopicReader implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(500);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions;
  private final Map<TopicPartition, Long> ends;
  private final long all;

  /**
   * @param settings of the clients, with the brokers
   */
  TopicReader(Map<String, Object> settings, String topic) {
    var all = new HashMap<>(settings);
    all.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    all.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
    all.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
    consumer = new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    ends = consumer.endOffsets(partitions);
    this.all = ends.values().stream().mapToLong(end -> end).sum();
  }

  /** Takes a record. */
  @FunctionalInterface
  interface Taker {
    void take(int partition, byte[] value);
  }

  int partitions() {
    return partitions.size();
  }

  /** Reads some more; gives whether there is still more to read. */
  boolean read(Taker taker) {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      taker.take(record.partition(), record.value());
    }
    return ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue());
  }

  /** The share of the offsets that have been read, 0 to 1. */
  double share() {
    long read = partitions.stream().mapToLong(consumer::position).sum();
    return all == 0 ? 1 : Math.min(1, (double) read / all);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
