package dev.varve.broker;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The topics of one Varve: names, partitions, settings and what each is for.
 *
 * @param config gives prefix, partitions, replication and retention
 */
public record Topics(KafkaConfig config) {
  /** One topic. */
  public record Topic(
      String name,
      String purpose,
      int partitions,
      boolean compacted,
      Map<String, String> settings) {}

  private static final int LARGEST_EVENT_BYTES = 16 << 20;

  /** A version of the dense model is one record: bases of many tables make it large. */
  public static final long LARGEST_MODEL_BYTES = 16 << 20;

  /** The same as settings of a topic. */
  public static final Map<String, String> LARGEST_MODEL =
      Map.of("max.message.bytes", Long.toString(LARGEST_MODEL_BYTES));

  private static final String REPORT_BYTES = Integer.toString(64 << 20);

  public String impressions() {
    return name("impressions");
  }

  public String clicks() {
    return name("clicks");
  }

  /** What the joiner counts. */
  public String joins() {
    return name("joins");
  }

  public String examples() {
    return name("examples");
  }

  public String updates() {
    return name("updates");
  }

  public String denseDeltas() {
    return name("dense-deltas");
  }

  public String denseModel() {
    return name("dense-model");
  }

  public String census() {
    return name("census");
  }

  public String layout() {
    return name("layout");
  }

  public String commands() {
    return name("commands");
  }

  public String replies() {
    return name("replies");
  }

  public String quality() {
    return name("quality");
  }

  public String deadLetters() {
    return name("dead-letters");
  }

  /** Application id, and so consumer group, of the trainers. */
  public String learnApplication() {
    return config.prefix() + "-learn";
  }

  /** Application id, and so consumer group, of the tables. */
  public String storeApplication() {
    return config.prefix() + "-store";
  }

  /** All topics that Varve makes itself; the changelogs are Kafka Streams' own. */
  public List<Topic> all() {
    // An event too large for learning must still arrive, to become a dead letter.
    var examples = Map.of("max.message.bytes", Integer.toString(LARGEST_EVENT_BYTES));
    var bounded = Map.of("retention.bytes", REPORT_BYTES, "segment.bytes", "16777216");
    return List.of(
        log(impressions(), "what was shown, by request id", config.partitions(), examples),
        log(clicks(), "what was clicked, by request id", config.partitions(), Map.of()),
        log(joins(), "what the joiner counted", 1, bounded),
        log(examples(), "labelled examples, the input", config.partitions(), examples),
        log(updates(), "summed gradients, one partition a shard", config.shards(), Map.of()),
        log(denseDeltas(), "changes of the dense model", 1, examples),
        compacted(denseModel(), "versions of the dense model", LARGEST_MODEL),
        log(census(), "popularity of the rows, by shard", 1, bounded),
        compacted(layout(), "versions of the layout", Map.of()),
        log(commands(), "operators' commands", 1, Map.of()),
        log(replies(), "answers to commands", 1, Map.of()),
        log(quality(), "progressive validation", 1, bounded),
        log(deadLetters(), "refused records, with the reason", 1, Map.of()));
  }

  private Topic log(String name, String purpose, int partitions, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("cleanup.policy", "delete");
    settings.put("retention.ms", Long.toString(config.retention().toMillis()));
    return new Topic(name, purpose, partitions, false, settings);
  }

  private static Topic compacted(String name, String purpose, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("cleanup.policy", "compact");
    settings.put("segment.ms", "600000");
    settings.put("min.cleanable.dirty.ratio", "0.1");
    return new Topic(name, purpose, 1, true, settings);
  }

  private String name(String topic) {
    return config.prefix() + "." + topic;
  }
}
