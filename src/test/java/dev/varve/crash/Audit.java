package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Compares what is stored, twice, with the fold of the log. */
final class Audit {
  private static final int MOST_SHOWN = 10;

  private final Stage stage;
  private final Feeder feeder;

  private Audit(Stage stage, Feeder feeder) {
    this.stage = stage;
    this.feeder = feeder;
  }

  /** Checks everything that a store has stored that took the whole log and was stopped. */
  static void check(Stage stage, Feeder feeder) throws Exception {
    var audit = new Audit(stage, feeder);
    List<String> refused = new ArrayList<>();
    for (int shard = 0; shard < Setup.SHARDS; shard++) {
      audit.checkTopic(shard);
      Map<String, String> expected = audit.fold(shard, refused);
      compare(shard, "changelog", expected, Shards.changelog(stage.bootstrap(), shard));
      compare(shard, "files", expected, Shards.files(stage.stateFolder(), shard));
    }
    assertThat(audit.deadLetters())
        .as("dead letters, one of each record that is no update batch")
        .containsExactlyInAnyOrderElementsOf(refused);
  }

  private Map<String, String> fold(int shard, List<String> refused) {
    var rows = new ExpectedRows(shard);
    List<byte[]> log = feeder.sent(shard);
    for (int offset = 0; offset < log.size(); offset++) {
      if (!rows.fold(log.get(offset))) {
        refused.add("%s-%d@%d".formatted(Setup.TOPICS.updates(), shard, offset));
      }
    }
    return rows.stored();
  }

  /** The log that the store read is the log that is folded. */
  private void checkTopic(int shard) {
    List<byte[]> topic = new ArrayList<>();
    Shards.read(
        stage.bootstrap(),
        new TopicPartition(Setup.TOPICS.updates(), shard),
        record -> {
          assertThat(record.offset()).isEqualTo(topic.size());
          topic.add(record.value());
        });
    List<byte[]> sent = feeder.sent(shard);
    assertThat(topic).as("records of the topic").hasSameSizeAs(sent);
    for (int offset = 0; offset < sent.size(); offset++) {
      assertThat(topic.get(offset)).isEqualTo(sent.get(offset));
    }
  }

  /** Fails where a shard has stored something else than it should. */
  static void compare(
      int shard, String where, Map<String, String> expected, Map<String, String> stored) {
    SortedSet<String> names = new TreeSet<>(expected.keySet());
    names.addAll(stored.keySet());
    names.removeIf(name -> Objects.equals(stored.get(name), expected.get(name)));
    var difference = new StringBuilder();
    names.stream()
        .limit(MOST_SHOWN)
        .forEach(
            name ->
                difference.append(
                    "%n%s%n  is       %s%n  expected %s"
                        .formatted(name, stored.get(name), expected.get(name))));
    assertThat(names.size())
        .as(
            "shard %d: values of the %s that are not the fold of the log, of %d:%s%n",
            shard, where, expected.size(), difference)
        .isZero();
  }

  private List<String> deadLetters() {
    List<String> letters = new ArrayList<>();
    Shards.read(
        stage.bootstrap(),
        new TopicPartition(Setup.TOPICS.deadLetters(), 0),
        letter ->
            letters.add(
                "%s-%s@%s"
                    .formatted(
                        header(letter, "varve.topic"),
                        header(letter, "varve.partition"),
                        header(letter, "varve.offset"))));
    return letters;
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    var header = Objects.requireNonNull(record.headers().lastHeader(name), name);
    return new String(header.value(), StandardCharsets.UTF_8);
  }
}
