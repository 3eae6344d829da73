package dev.varve.broker;

import dev.varve.base.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes the topics that are missing, and tells how full each is. */
public final class TopicSetup {
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(20);

  private final Admin admin;
  private final Topics topics;

  public TopicSetup(Admin admin, Topics topics) {
    this.admin = admin;
    this.topics = topics;
  }

  /**
   * Makes the topics that are missing. A topic that is there with another number of partitions is
   * refused: rows and trainers are bound to their partition.
   *
   * @throws IllegalArgumentException naming the topic and the key to set
   */
  public void create() throws InterruptedException {
    List<NewTopic> missing = new ArrayList<>();
    for (Topics.Topic topic : topics.all()) {
      missing.add(
          new NewTopic(topic.name(), topic.partitions(), (short) topics.config().replication())
              .configs(topic.settings()));
    }
    make(missing);
    Map<String, Integer> partitions = new HashMap<>();
    awaitDescribed().forEach((name, topic) -> partitions.put(name, topic.partitions().size()));
    for (Topics.Topic topic : topics.all()) {
      int there = partitions.getOrDefault(topic.name(), 0);
      String key = topic.name().equals(topics.updates()) ? "kafka.shards" : "kafka.partitions";
      Check.that(
          there == topic.partitions(),
          key,
          topic.partitions(),
          "%d, the partitions of the existing topic %s".formatted(there, topic.name()));
    }
  }

  /** A broker that starts, or whose disk is slow, may have no place for topics for a moment. */
  private void make(List<NewTopic> missing) throws InterruptedException {
    long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
    List<NewTopic> left = missing;
    while (!left.isEmpty()) {
      Set<String> again = new HashSet<>();
      for (var made : admin.createTopics(left).values().entrySet()) {
        try {
          made.getValue().get();
        } catch (ExecutionException e) {
          boolean mayPass = e.getCause() instanceof InvalidReplicationFactorException;
          if (mayPass && System.nanoTime() < deadline) {
            again.add(made.getKey());
          } else if (!(e.getCause() instanceof TopicExistsException)) {
            throw new KafkaException(
                "topic " + made.getKey() + ": could not be made", e.getCause());
          }
        }
      }
      left = left.stream().filter(topic -> again.contains(topic.name())).toList();
      if (!left.isEmpty()) {
        Thread.sleep(POLL);
      }
    }
  }

  /** Records that each topic has room for: end offset less start offset, over its partitions. */
  public Map<String, Long> records() throws InterruptedException {
    Map<TopicPartition, OffsetSpec> first = new HashMap<>();
    Map<TopicPartition, OffsetSpec> last = new HashMap<>();
    describe()
        .forEach(
            (name, description) ->
                description
                    .partitions()
                    .forEach(
                        partition -> {
                          var key = new TopicPartition(name, partition.partition());
                          first.put(key, OffsetSpec.earliest());
                          last.put(key, OffsetSpec.latest());
                        }));
    Map<String, Long> records = new TreeMap<>();
    offsets(last).forEach((p, end) -> records.merge(p.topic(), end.offset(), Long::sum));
    offsets(first).forEach((p, start) -> records.merge(p.topic(), -start.offset(), Long::sum));
    return records;
  }

  private Map<TopicPartition, ListOffsetsResultInfo> offsets(Map<TopicPartition, OffsetSpec> of)
      throws InterruptedException {
    try {
      return admin.listOffsets(of).all().get();
    } catch (ExecutionException e) {
      throw new KafkaException("topics: offsets could not be read", e.getCause());
    }
  }

  /** A topic is made when the controller says so; the broker that is asked may hear of it later. */
  private Map<String, TopicDescription> awaitDescribed() throws InterruptedException {
    long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
    while (true) {
      try {
        return describe();
      } catch (KafkaException e) {
        boolean isNew = e.getCause() instanceof UnknownTopicOrPartitionException;
        if (!isNew || System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(POLL);
      }
    }
  }

  private Map<String, TopicDescription> describe() throws InterruptedException {
    try {
      return admin
          .describeTopics(topics.all().stream().map(Topics.Topic::name).toList())
          .allTopicNames()
          .get();
    } catch (ExecutionException e) {
      throw new KafkaException("topics: could not be described", e.getCause());
    }
  }
}
