package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.schema.Command;
import dev.varve.schema.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * An operator: sends commands and collects the committed answers to each.
 *
 * <p><b>Threads:</b> one.
 */
final class Commands implements AutoCloseable {
  private static final long LONGEST_WAIT_MS = 60_000;
  private static final TopicPartition REPLIES = new TopicPartition(Setup.TOPICS.replies(), 0);

  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /** By id of the command, in the order of sending. */
  private final Map<String, List<Reply>> replies = new LinkedHashMap<>();

  Commands(String bootstrap) {
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    consumer =
        new KafkaConsumer<>(
            Shards.reading(bootstrap), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.assign(List.of(REPLIES));
    consumer.seekToBeginning(List.of(REPLIES));
  }

  /** Sends a command under a new id, which it gives; the broker has it then. */
  String send(Command.Builder command) throws InterruptedException, ExecutionException {
    String id = "%s-%d".formatted(command.getActionCase(), replies.size());
    replies.put(id, new ArrayList<>());
    byte[] bytes = command.setId(id).build().toByteArray();
    producer.send(new ProducerRecord<>(Setup.TOPICS.commands(), bytes)).get();
    return id;
  }

  /** Sends a command and waits for the answer, which must not be an error. */
  Reply done(Command.Builder command) throws InterruptedException, ExecutionException {
    return done(send(command));
  }

  /** Waits for the answer, which must not be an error. */
  Reply done(String id) {
    Reply reply = await(id);
    assertThat(reply.getError()).as(id).isEmpty();
    return reply;
  }

  private Reply await(String id) {
    long deadline = System.currentTimeMillis() + LONGEST_WAIT_MS;
    while (answers(id).isEmpty()) {
      assertThat(System.currentTimeMillis()).as("waiting for %s", id).isLessThan(deadline);
      poll(Duration.ofMillis(20));
    }
    return answers(id).getFirst();
  }

  private List<Reply> answers(String id) {
    return replies.getOrDefault(id, List.of());
  }

  private void poll(Duration longest) {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(longest)) {
      try {
        Reply reply = Reply.parseFrom(record.value());
        assertThat(replies).as("commands that were sent").containsKey(reply.getId());
        answers(reply.getId()).add(reply);
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError("reply at offset " + record.offset(), e);
      }
    }
  }

  /** Every command has been answered, and none twice. */
  void checkEachAnsweredOnce() {
    long end = consumer.endOffsets(List.of(REPLIES)).getOrDefault(REPLIES, 0L);
    while (consumer.position(REPLIES) < end) {
      poll(Duration.ofMillis(20));
    }
    replies.forEach((id, answers) -> assertThat(answers).as("answers to %s", id).hasSize(1));
  }

  @Override
  public void close() {
    producer.close();
    consumer.close();
  }
}
