package dev.varve.feed;

import static java.util.Map.entry;

import dev.varve.broker.DeadLetter;
import dev.varve.broker.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends records to Kafka. Every record names its source, and arrives once: the producer is
 * idempotent and keeps trying for ten minutes, so a broker that is restarted meanwhile is waited
 * for.
 *
 * <p><b>Threads:</b> one.
 *
 * <p><b>Errors:</b> a record that cannot be delivered makes the next call throw {@link
 * KafkaException}.
 */
final class Outbox implements AutoCloseable {
  private static final Duration DELIVERY_TIMEOUT = Duration.ofMinutes(10);
  private static final int LARGEST_REQUEST_BYTES = 16 << 20;

  private final KafkaProducer<byte[], byte[]> producer;
  private final Topics topics;
  private final String source;
  private final RecordHeader sourceHeader;
  private final Map<TopicPartition, Long> ends = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  /**
   * Connects.
   *
   * @param source names what is sent, in quality reports and dead letters
   */
  Outbox(String bootstrap, Topics topics, String source) {
    this.topics = topics;
    this.source = source;
    this.sourceHeader =
        new RecordHeader(DeadLetter.SOURCE, source.getBytes(StandardCharsets.UTF_8));
    this.producer = new KafkaProducer<>(settings(bootstrap));
  }

  private static Map<String, Object> settings(String bootstrap) {
    int timeoutMs = Math.toIntExact(DELIVERY_TIMEOUT.toMillis());
    // With several in flight, the first ever of a partition may be turned back, as while its leader
    // changes, and the second be taken: then the first is out of sequence for good (KAFKA-14359).
    return Map.ofEntries(
        entry(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1),
        entry(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap),
        entry(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class),
        entry(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class),
        entry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true),
        entry(ProducerConfig.ACKS_CONFIG, "all"),
        entry(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeoutMs),
        entry(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeoutMs),
        entry(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_REQUEST_BYTES),
        entry(ProducerConfig.LINGER_MS_CONFIG, 10),
        entry(ProducerConfig.BATCH_SIZE_CONFIG, 64 << 10));
  }

  int partitions(String topic) {
    return producer.partitionsFor(topic).size();
  }

  /**
   * Sends a record.
   *
   * @param partition null for that of the key
   */
  void send(String topic, @Nullable Integer partition, byte @Nullable [] key, byte[] value) {
    var record = new ProducerRecord<byte[], byte[]>(topic, partition, key, value);
    record.headers().add(sourceHeader);
    send(record);
  }

  /** Sends what could not become an event to the dead letters. */
  void refuse(String raw, String reason) {
    DeadLetter letter = DeadLetter.of(raw.getBytes(StandardCharsets.UTF_8), reason, source);
    send(
        new ProducerRecord<>(
            topics.deadLetters(), null, (byte[]) null, letter.value(), letter.headers()));
  }

  private void send(ProducerRecord<byte[], byte[]> record) {
    check();
    var _ =
        producer.send(
            record,
            (metadata, error) -> {
              if (error != null) {
                failure.compareAndSet(null, error);
              } else {
                var at = new TopicPartition(metadata.topic(), metadata.partition());
                ends.merge(at, metadata.offset() + 1, Math::max);
              }
            });
  }

  /**
   * Waits until everything has arrived.
   *
   * @return the offsets behind the last records sent
   */
  Map<TopicPartition, Long> flush() {
    producer.flush();
    check();
    return Map.copyOf(ends);
  }

  private void check() {
    Exception error = failure.get();
    if (error != null) {
      throw new KafkaException("event: could not be delivered: " + error.getMessage(), error);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
