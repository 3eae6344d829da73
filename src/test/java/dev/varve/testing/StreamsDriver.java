package dev.varve.testing;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.internals.StreamTask;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/**
 * Runs a topology without a broker. Under exactly-once the driver commits a transaction, with the
 * record's offset, after each record and each punctuation; it gives out what was sent in it and
 * throws away what was sent behind it. So what can be read was sent in the transaction of the
 * record before.
 */
public final class StreamsDriver implements AutoCloseable {
  public static final Instant START = Instant.parse("2024-01-01T00:00:00Z");

  private final TopologyTestDriver driver;
  private final Path folder;

  /**
   * @param folder for the state; the driver empties it when it is closed
   */
  public StreamsDriver(Topology topology, Properties settings, Path folder) {
    var properties = new Properties();
    properties.putAll(settings);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, folder.toString());
    this.folder = folder;
    this.driver = new TopologyTestDriver(topology, properties, START);
  }

  public void send(String topic, Message message) {
    send(topic, message.toByteArray(), new RecordHeaders());
  }

  public void send(String topic, byte @Nullable [] value, Headers headers) {
    driver
        .createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer())
        .pipeInput(new TestRecord<>(new byte[0], value, headers, START));
  }

  /** Has a record read as {@link #send} does, but leaves the commit to the record sent next. */
  @SuppressWarnings("unchecked")
  public void sendUncommitted(String topic, byte[] value, Headers headers) {
    var task = (StreamTask) Objects.requireNonNull(field("task", false));
    var offsets =
        (Map<TopicPartition, AtomicLong>)
            Objects.requireNonNull(field("offsetsByTopicOrPatternPartition", false));
    var partition = new TopicPartition(topic, 0);
    long offset = Objects.requireNonNull(offsets.get(partition)).getAndIncrement();
    var record =
        new ConsumerRecord<>(
            topic,
            partition.partition(),
            offset,
            START.toEpochMilli(),
            TimestampType.CREATE_TIME,
            0,
            value.length,
            new byte[0],
            value,
            headers,
            Optional.empty());
    task.addRecords(partition, List.of(record));
    task.updateLags();
    if (!task.process(START.toEpochMilli())) {
      throw new AssertionError(topic + " has a record that is not read");
    }
  }

  /** Lets the clock on the wall go on, and with it what is scheduled. */
  public void pass(Duration time) {
    driver.advanceWallClockTime(time);
  }

  /** What was sent to the topic and not read yet. */
  public List<TestRecord<byte[], byte[]>> read(String topic) {
    return driver
        .createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
        .readRecordsToList();
  }

  public <T> List<T> read(String topic, Parser<T> parser) {
    List<T> messages = new ArrayList<>();
    for (TestRecord<byte[], byte[]> record : read(topic)) {
      try {
        messages.add(parser.parseFrom(record.value()));
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(topic + " holds a message of another kind", e);
      }
    }
    return messages;
  }

  public <S extends StateStore> S store(String name, Class<S> type) {
    return type.cast(driver.getStateStore(name));
  }

  /** The partitions of what was sent to the topic and not read yet. */
  @SuppressWarnings("unchecked")
  public List<Integer> partitions(String topic) {
    var sent =
        (Map<String, Queue<ProducerRecord<byte[], byte[]>>>)
            Objects.requireNonNull(field("outputRecordsByTopic", false));
    return sent.getOrDefault(topic, new ArrayDeque<>()).stream()
        .map(ProducerRecord::partition)
        .toList();
  }

  /** How many transactions were committed. */
  public long commits() {
    return ((MockProducer<?, ?>) Objects.requireNonNull(field("producer", false))).commitCount();
  }

  /**
   * Stops the task cleanly, as a process that goes down does, and moves its state out of the way:
   * closing the driver itself deletes what is left in its folder.
   */
  public void stop(Path kept) {
    var task = (StreamTask) Objects.requireNonNull(field("task", true));
    task.suspend();
    task.prepareCommit(true);
    task.postCommit(true);
    task.closeClean();
    move(kept);
    driver.close();
  }

  private void move(Path to) {
    try {
      Files.delete(to);
      Files.move(folder, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the driver keeps to itself. */
  private @Nullable Object field(String name, boolean take) {
    try {
      Field field = TopologyTestDriver.class.getDeclaredField(name);
      field.setAccessible(true);
      Object value = field.get(driver);
      if (take) {
        field.set(driver, null);
      }
      return value;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the driver has no field " + name, e);
    }
  }

  @Override
  public void close() {
    driver.close();
  }
}
