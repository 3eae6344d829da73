package dev.varve.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.broker.EmbeddedBroker;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.TopicSetup;
import dev.varve.broker.Topics;
import dev.varve.schema.Change;
import dev.varve.schema.Command;
import dev.varve.schema.PauseCommand;
import dev.varve.schema.Reply;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Commands and replies through a real broker; the test answers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandClientIT {
  private static final Topics TOPICS = new Topics(KafkaConfig.defaults());
  private static final Duration LONG = Duration.ofMinutes(1);

  private EmbeddedBroker broker;
  private Map<String, Object> kafka;
  private KafkaConsumer<byte[], byte[]> commands;
  private KafkaProducer<byte[], byte[]> replies;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    broker = EmbeddedBroker.start(folder, freePort());
    kafka = Map.of("bootstrap.servers", broker.bootstrap());
    try (Admin admin = Admin.create(kafka)) {
      new TopicSetup(admin, TOPICS).create();
    }
    commands =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.bootstrap(), "auto.offset.reset", "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    commands.assign(List.of(new TopicPartition(TOPICS.commands(), 0)));
    replies =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrap(), "transactional.id", "balance"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    replies.initTransactions();
  }

  @AfterAll
  void stop() {
    commands.close();
    replies.close();
    broker.close();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private CommandClient client(Duration timeout) {
    return new CommandClient(kafka, TOPICS, timeout);
  }

  private static Command pause(String id) {
    return Command.newBuilder().setId(id).setPause(PauseCommand.getDefaultInstance()).build();
  }

  private static Reply reply(String id, String done) {
    return Reply.newBuilder().setId(id).setChange(Change.newBuilder().setDone(done)).build();
  }

  private List<Command> received(int n) throws Exception {
    List<Command> all = new ArrayList<>();
    long begunNs = System.nanoTime();
    while (all.size() < n) {
      assertThat(System.nanoTime() - begunNs).as("commands arrive").isLessThan(LONG.toNanos());
      for (var record : commands.poll(Duration.ofMillis(100))) {
        all.add(Command.parseFrom(record.value()));
      }
    }
    return all;
  }

  private void answer(boolean commits, Reply... with) {
    replies.beginTransaction();
    for (Reply reply : with) {
      var _ = replies.send(new ProducerRecord<>(TOPICS.replies(), reply.toByteArray()));
    }
    if (commits) {
      replies.commitTransaction();
    } else {
      replies.flush();
      replies.abortTransaction();
    }
  }

  private static String done(CompletableFuture<Reply> reply) throws Exception {
    return reply.get(LONG.toSeconds(), TimeUnit.SECONDS).getChange().getDone();
  }

  @Test
  void eachCommandGetsItsOwnReplyOnceThatIsCommitted() throws Exception {
    try (CommandClient client = client(LONG)) {
      var first = client.send(pause("first"));
      var second = client.send(pause("second"));
      assertThat(received(2)).containsExactlyInAnyOrder(pause("first"), pause("second"));

      answer(false, reply("first", "aborted"));
      answer(
          true, reply("second", "two"), reply("somebody else's", "three"), reply("first", "one"));

      assertThat(done(first)).isEqualTo("one");
      assertThat(done(second)).isEqualTo("two");
    }
  }

  @Test
  void repliesFromBeforeDoNotCount() throws Exception {
    answer(true, reply("again", "then"));
    try (CommandClient client = client(LONG)) {
      var reply = client.send(pause("again"));
      assertThat(received(1)).containsExactly(pause("again"));
      answer(true, reply("again", "now"));

      assertThat(done(reply)).isEqualTo("now");
    }
  }

  @Test
  void whatIsNoReplyIsPassedOver() throws Exception {
    try (CommandClient client = client(LONG)) {
      var reply = client.send(pause("c"));
      received(1);
      replies.beginTransaction();
      var _ = replies.send(new ProducerRecord<>(TOPICS.replies(), new byte[] {1, 2, 3}));
      var _ = replies.send(new ProducerRecord<>(TOPICS.replies(), null));
      replies.commitTransaction();
      answer(true, reply("c", "yes"));

      assertThat(done(reply)).isEqualTo("yes");
    }
  }

  @Test
  void aCommandThatNobodyAnswersEndsInTimeAndMayBeSentAgain() throws Exception {
    try (CommandClient client = client(Duration.ofSeconds(2))) {
      var reply = client.send(pause("lost"));
      assertThatThrownBy(() -> reply.get(LONG.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(TimeoutException.class);
      assertThat(received(1)).containsExactly(pause("lost"));

      var again = client.send(pause("lost"));
      assertThat(received(1)).containsExactly(pause("lost"));
      answer(true, reply("lost", "found"));
      assertThat(done(again)).isEqualTo("found");
    }
  }

  @Test
  void whoWaitsWhenItIsClosedIsTold() throws Exception {
    CommandClient client = client(LONG);
    var reply = client.send(pause("late"));
    received(1);
    client.close();

    assertThatThrownBy(() -> reply.get(LONG.toSeconds(), TimeUnit.SECONDS))
        .hasCauseInstanceOf(KafkaException.class)
        .hasMessageContaining("command: closed");
  }
}
