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
  private static final Duration READ = Duration.ofMillis(50);

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

  /** Whether the trainers have reported everything below these ends of examples. */
  public boolean trained(Map<TopicPartition, Long> examples) {
    return examples.entrySet().stream()
        .filter(end -> end.getKey().topic().equals(topics.examples()))
        .allMatch(end -> ends.getOrDefault(end.getKey().partition(), 0L) >= end.getValue());
  }

  /** Whether the joiners have committed everything below these ends of impressions and clicks. */
  public boolean joined(Map<TopicPartition, Long> events) throws InterruptedException {
    var joins = new HashMap<>(events);
    joins.keySet().removeIf(of -> of.topic().equals(topics.deadLetters()));
    return committed(topics.learnApplication(), joins, 0);
  }

  /** What the trainers have to learn: the ends of all examples that are committed now. */
  public Map<TopicPartition, Long> examples() {
    return ends(topics.examples());
  }

  /** Whether the trainers have committed everything below these ends, and it was read here. */
  public boolean learned(Map<TopicPartition, Long> examples) throws InterruptedException {
    if (!committed(topics.learnApplication(), examples, 1)) {
      return false;
    }
    long end = ends(topics.quality()).values().iterator().next();
    while (reports.position(new TopicPartition(topics.quality(), 0)) < end) {
      poll(READ);
    }
    return true;
  }

  /** What the tables have to apply: the ends of all updates that are committed now. */
  public Map<TopicPartition, Long> updates() {
    return ends(topics.updates());
  }

  private Map<TopicPartition, Long> ends(String topic) {
    return reports.endOffsets(
        reports.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList());
  }

  /** Whether the tables have applied and committed all updates below these ends. */
  public boolean applied(Map<TopicPartition, Long> updates) throws InterruptedException {
    // The last record of a transaction is its commit marker, which nobody has to read.
    return committed(topics.storeApplication(), updates, 1);
  }

  /**
   * Whether a group has committed.
   *
   * @param left so many records before the end need not be
   */
  private boolean committed(String group, Map<TopicPartition, Long> ends, int left)
      throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> committed;
    try {
      committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    } catch (ExecutionException e) {
      return false; // The broker is away: ask again.
    }
    return ends.entrySet().stream()
        .allMatch(
            end -> {
              OffsetAndMetadata offset = committed.get(end.getKey());
              return end.getValue() == 0
                  || (offset != null && offset.offset() >= end.getValue() - left);
            });
  }

  @Override
  public void close() {
    reports.close();
    admin.close(Duration.ofSeconds(5));
  }
}
