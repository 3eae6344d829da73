package dev.varve.feed;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.broker.Topics;
import dev.varve.learn.QualitySum;
import dev.varve.schema.Quality;
import dev.varve.schema.SourceQuality;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Watches one source being learned, from the moment it is made: reads the trainers' committed
 * reports, and at the end waits until the tables have applied what the trainers sent.
 *
 * <p><b>Threads:</b> one.
 */
public final class LearnedWatch implements AutoCloseable {
  private final Topics topics;
  private final String source;
  private final KafkaConsumer<byte[], byte[]> reports;
  private final Admin admin;
  private final QualitySum quality = new QualitySum();
  private final Map<Integer, Long> ends = new HashMap<>();

  /** Connects; reports from now on count. */
  public LearnedWatch(String bootstrap, Topics topics, String source) {
    this.topics = topics;
    this.source = source;
    this.reports =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
                ByteArrayDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
                ByteArrayDeserializer.class,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false));
    this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap));
    var partition = new TopicPartition(topics.quality(), 0);
    reports.assign(List.of(partition));
    reports.seekToEnd(List.of(partition));
    // Seeking is lazy; the position makes it happen before anything is sent.
    var _ = reports.position(partition);
  }

  /** Reads the reports that arrive within a time. */
  public void poll(Duration longest) {
    for (ConsumerRecord<byte[], byte[]> record : reports.poll(longest)) {
      add(record.value());
    }
  }

  private void add(byte[] report) {
    try {
      Quality part = Quality.parseFrom(report);
      ends.merge(part.getTrainer(), part.getEndOffset(), Math::max);
      for (SourceQuality ofSource : part.getSourcesList()) {
        if (ofSource.getSource().equals(source)) {
          quality.add(ofSource);
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("quality report: unreadable (expected: one of Varve's)", e);
    }
  }

  /** What the trainers have reported of the source so far. */
  public QualitySum quality() {
    return quality;
  }

  /** Whether the trainers have committed everything below these offsets, one a partition. */
  public boolean trained(long[] offsets) {
    for (int partition = 0; partition < offsets.length; partition++) {
      if (ends.getOrDefault(partition, 0L) < offsets[partition]) {
        return false;
      }
    }
    return true;
  }

  /** What the tables have to apply: the ends of all updates that are committed now. */
  public Map<TopicPartition, Long> updates() {
    return reports.endOffsets(
        reports.partitionsFor(topics.updates()).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList());
  }

  /** Whether the tables have applied and committed all updates below these ends. */
  public boolean applied(Map<TopicPartition, Long> updates) throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> committed;
    try {
      committed =
          admin
              .listConsumerGroupOffsets(topics.storeApplication())
              .partitionsToOffsetAndMetadata()
              .get();
    } catch (ExecutionException e) {
      return false; // The broker is away: ask again.
    }
    // The last record of a transaction is its commit marker, which nobody has to read.
    return updates.entrySet().stream()
        .allMatch(
            end -> {
              OffsetAndMetadata offset = committed.get(end.getKey());
              return end.getValue() == 0
                  || (offset != null && offset.offset() >= end.getValue() - 1);
            });
  }

  @Override
  public void close() {
    reports.close();
    admin.close(Duration.ofSeconds(5));
  }
}
