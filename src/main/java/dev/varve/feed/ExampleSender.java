package dev.varve.feed;

import dev.varve.broker.DeadLetter;
import dev.varve.broker.Topics;
import dev.varve.schema.Example;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends examples to Kafka, in turn to each partition, so that the partitions stay in step with each
 * other in event time. Every record names its source, and arrives once: the producer is idempotent
 * and keeps trying for ten minutes, so a broker that is restarted meanwhile is waited for.
 *
 * <p><b>Threads:</b> one.
 *
 * <p><b>Errors:</b> a record that cannot be delivered makes the next call throw {@link
 * KafkaException}.
 */
public final class ExampleSender implements AutoCloseable {
  private static final Duration DELIVERY_TIMEOUT = Duration.ofMinutes(10);
  private static final int LARGEST_REQUEST_BYTES = 16 << 20;

  private final KafkaProducer<byte[], byte[]> producer;
  private final Topics topics;
  private final String source;
  private final RecordHeader sourceHeader;
  private final int partitions;
  private final AtomicLongArray ends;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private long sent;

  /**
   * Connects.
   *
   * @param source names what is sent, in quality reports and dead letters
   */
  public ExampleSender(String bootstrap, Topics topics, String source) {
    this.topics = topics;
    this.source = source;
    this.sourceHeader =
        new RecordHeader(DeadLetter.SOURCE, source.getBytes(StandardCharsets.UTF_8));
    this.producer = new KafkaProducer<>(settings(bootstrap));
    this.partitions = producer.partitionsFor(topics.examples()).size();
    this.ends = new AtomicLongArray(partitions);
  }

  private static Map<String, Object> settings(String bootstrap) {
    int timeoutMs = Math.toIntExact(DELIVERY_TIMEOUT.toMillis());
    return Map.of(
        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
        bootstrap,
        ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
        ByteArraySerializer.class,
        ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
        ByteArraySerializer.class,
        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
        true,
        ProducerConfig.ACKS_CONFIG,
        "all",
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
        timeoutMs,
        ProducerConfig.MAX_BLOCK_MS_CONFIG,
        timeoutMs,
        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
        LARGEST_REQUEST_BYTES,
        ProducerConfig.LINGER_MS_CONFIG,
        10,
        ProducerConfig.BATCH_SIZE_CONFIG,
        64 << 10);
  }

  /** Sends an example. */
  public void send(Example example) {
    check();
    int partition = (int) (sent++ % partitions);
    var record =
        new ProducerRecord<byte[], byte[]>(
            topics.examples(), partition, null, example.toByteArray());
    record.headers().add(sourceHeader);
    var _ =
        producer.send(
            record,
            (metadata, error) -> {
              if (error != null) {
                failure.compareAndSet(null, error);
              } else {
                ends.accumulateAndGet(partition, metadata.offset() + 1, Math::max);
              }
            });
  }

  /** Sends what could not become an example to the dead letters. */
  public void refuse(String raw, String reason) {
    check();
    DeadLetter letter = DeadLetter.of(raw.getBytes(StandardCharsets.UTF_8), reason, source);
    var _ =
        producer.send(
            new ProducerRecord<>(
                topics.deadLetters(), null, (byte[]) null, letter.value(), letter.headers()),
            (metadata, error) -> {
              if (error != null) {
                failure.compareAndSet(null, error);
              }
            });
  }

  /**
   * Waits until everything has arrived.
   *
   * @return per partition, the offset behind the last example sent; 0 where none was
   */
  public long[] flush() {
    producer.flush();
    check();
    long[] offsets = new long[partitions];
    for (int partition = 0; partition < partitions; partition++) {
      offsets[partition] = ends.get(partition);
    }
    return offsets;
  }

  private void check() {
    Exception error = failure.get();
    if (error != null) {
      throw new KafkaException("example: could not be delivered: " + error.getMessage(), error);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
