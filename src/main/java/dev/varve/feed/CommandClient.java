package dev.varve.feed;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.broker.Topics;
import dev.varve.schema.Command;
import dev.varve.schema.Reply;
import dev.varve.store.Messages;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends operators' commands through Kafka and finds their replies, by id. Replies count when they
 * are committed; those to others' commands are passed over.
 *
 * <p><b>Threads:</b> any; a thread of its own reads the replies, from the moment this is made.
 */
public final class CommandClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CommandClient.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final long PAUSE_MS = 1_000;

  private final Topics topics;
  private final Duration timeout;
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> replies;
  private final Map<String, CompletableFuture<Reply>> waiting = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> reading = new CompletableFuture<>();
  private final Thread reader;
  private volatile boolean closed;

  /**
   * Connects.
   *
   * @param kafka settings of every client, with {@code bootstrap.servers}
   * @param timeout how long a reply is waited for
   */
  public CommandClient(Map<String, Object> kafka, Topics topics, Duration timeout) {
    this.topics = topics;
    this.timeout = timeout;
    this.producer = new KafkaProducer<>(producerSettings(kafka));
    this.replies = new KafkaConsumer<>(consumerSettings(kafka));
    this.reader = Thread.ofPlatform().daemon().name("varve-replies").start(this::read);
  }

  private Map<String, Object> producerSettings(Map<String, Object> kafka) {
    Map<String, Object> settings = new HashMap<>(kafka);
    int timeoutMs = Math.toIntExact(timeout.toMillis());
    settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    // As in Outbox.
    settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeoutMs);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeoutMs);
    return settings;
  }

  private static Map<String, Object> consumerSettings(Map<String, Object> kafka) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    return settings;
  }

  /**
   * Sends a command; may block until the broker is there, at most the timeout.
   *
   * @param command with an id
   * @return the reply; {@link TimeoutException} when there is none in time, {@link KafkaException}
   *     when the command could not be sent
   */
  public CompletableFuture<Reply> send(Command command) {
    CompletableFuture<Reply> reply =
        waiting.computeIfAbsent(
            command.getId(),
            id -> {
              var future =
                  new CompletableFuture<Reply>()
                      .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
              var _ = future.whenComplete((_, _) -> waiting.remove(id, future));
              return future;
            });
    // What is sent before the replies are read might be answered before, too.
    var _ = reading.thenRun(() -> transmit(command, reply));
    return reply.copy();
  }

  private void transmit(Command command, CompletableFuture<Reply> reply) {
    try {
      var _ =
          producer.send(
              new ProducerRecord<>(topics.commands(), command.toByteArray()),
              (_, error) -> {
                if (error != null) {
                  reply.completeExceptionally(undelivered(error));
                }
              });
    } catch (KafkaException | IllegalStateException e) {
      reply.completeExceptionally(undelivered(e));
    }
  }

  private static KafkaException undelivered(Exception e) {
    return new KafkaException("command: could not be delivered: " + e.getMessage(), e);
  }

  private void read() {
    var partition = new TopicPartition(topics.replies(), 0);
    replies.assign(List.of(partition));
    replies.seekToEnd(List.of(partition));
    while (!closed) {
      try {
        if (!reading.isDone()) {
          // Seeking is lazy; the position makes it happen.
          var _ = replies.position(partition);
          reading.complete(null);
        }
        replies.poll(POLL).forEach(this::take);
      } catch (WakeupException e) {
        // Closed: the loop ends.
      } catch (KafkaException e) {
        LOG.warn("replies cannot be read; trying again", e);
        pause();
      }
    }
    replies.close();
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE_MS);
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    try {
      Reply reply = Messages.received(Reply.parser(), record.value());
      CompletableFuture<Reply> future = waiting.get(reply.getId());
      if (future != null) {
        future.complete(reply);
      }
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("reply at offset {} is unreadable: {}", record.offset(), e.getMessage());
    }
  }

  /** Ends; who waits for a reply is told so at once. */
  @Override
  public void close() {
    closed = true;
    replies.wakeup();
    waiting
        .values()
        .forEach(reply -> reply.completeExceptionally(new KafkaException("command: closed")));
    producer.close(Duration.ofSeconds(2));
    try {
      reader.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
