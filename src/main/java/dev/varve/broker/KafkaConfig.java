package dev.varve.broker;

import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The Kafka to work on; the components are the keys of the section {@code kafka}. */
public record KafkaConfig(
    @Doc(
            "Servers of a Kafka that is there already, host:port with commas; empty: the embedded"
                + " broker.")
        String bootstrap,
    @Doc("Port of the embedded broker, from 1 to 65535.") int port,
    @Doc("How the names of all topics and groups begin.") String prefix,
    @Doc("Partitions of the examples, from 1 to 1024: the most trainers; fixed once there is data.")
        int partitions,
    @Doc("Partitions of the updates, from 1 to 1024: the shards; fixed once there is data.")
        int shards,
    @Doc("Copies of each partition, from 1 to 32767; at most the number of brokers.")
        int replication,
    @Doc("How long topics that are not compacted keep their records, at least 1m.")
        Duration retention,
    @Doc("Name of this process among those that share the topics; the same after a restart.")
        String instance,
    @Doc(
            "host:port at which the other processes reach the gRPC port of this one; empty:"
                + " serve.host and the port.")
        String address,
    @Doc(
            "Copies of the state of each shard and trainer that other processes keep, from 0 to"
                + " 16; one of them answers, and goes on, when a process fails.")
        int standbys,
    @Doc("Further properties of all Kafka clients, such as security.protocol.")
        Map<String, String> properties) {
  private static final Pattern PREFIX = Pattern.compile("[a-z][a-z0-9.-]{0,99}");
  private static final Pattern INSTANCE = Pattern.compile("[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,99}");
  private static final Pattern ADDRESS = Pattern.compile("|[^\\s,/]+:\\d+");
  private static final Pattern SERVERS = Pattern.compile("|[^\\s,]+:\\d+(,[^\\s,]+:\\d+)*");

  public KafkaConfig {
    properties = Collections.unmodifiableMap(new TreeMap<>(properties));
    Check.that(
        SERVERS.matcher(bootstrap).matches(),
        "bootstrap",
        bootstrap,
        "host:port, several with commas, or nothing for the embedded broker");
    Check.that(port >= 1 && port <= 65_535, "port", port, "from 1 to 65535");
    Check.that(
        PREFIX.matcher(prefix).matches(),
        "prefix",
        prefix,
        "a small letter, then at most 99 of a-z, 0-9, '.' and '-'");
    Check.that(
        INSTANCE.matcher(instance).matches(),
        "instance",
        instance,
        "at most 100 of letters, digits, '.', '_' and '-', not '.' first");
    Check.that(
        ADDRESS.matcher(address).matches(),
        "address",
        address,
        "host:port, or nothing for serve.host and the gRPC port");
    Check.that(standbys >= 0 && standbys <= 16, "standbys", standbys, "from 0 to 16");
    Check.that(partitions >= 1 && partitions <= 1024, "partitions", partitions, "from 1 to 1024");
    Check.that(shards >= 1 && shards <= 1024, "shards", shards, "from 1 to 1024");
    Check.that(
        replication >= 1 && replication <= Short.MAX_VALUE,
        "replication",
        replication,
        "from 1 to 32767");
    Check.that(
        retention.compareTo(Duration.ofMinutes(1)) >= 0, "retention", retention, "at least 1m");
  }

  /** The embedded broker. */
  public static KafkaConfig defaults() {
    return new KafkaConfig(
        "", 9092, "varve", 4, 4, 1, Duration.ofDays(7), "varve-1", "", 0, Map.of());
  }

  /** Whether the broker is the one embedded in this process. */
  public boolean embedded() {
    return bootstrap.isEmpty();
  }

  /** The same with another prefix of the topics. */
  public KafkaConfig withPrefix(String other) {
    return new KafkaConfig(
        bootstrap,
        port,
        other,
        partitions,
        shards,
        replication,
        retention,
        instance,
        address,
        standbys,
        properties);
  }
}
