package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.broker.TopicSetup;
import dev.varve.topology.StoreMain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** A broker with its topics and one state folder, on which store processes come and go. */
final class Stage implements AutoCloseable {
  private static final int LONGEST_DRAIN_MS = 90_000;

  /** The timeout of Kafka Streams and the broker's time between two looks, each 10 s; and more. */
  private static final int LONGEST_TRANSACTION_MS = 40_000;

  private final Path folder;
  private final int port;
  private final Jvm jvm;
  private int outputs;
  private Child broker;

  /** Starts the broker on an empty folder {@code target/crash/NAME}. */
  Stage(String name) throws IOException, InterruptedException {
    folder = Path.of("target", "crash", name).toAbsolutePath();
    Folders.delete(folder);
    Files.createDirectories(folder);
    jvm = new Jvm(folder);
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    broker = startBroker();
    broker.await(Marker.RUNNING, 1);
    try (Admin admin = admin()) {
      new TopicSetup(admin, Setup.TOPICS).create();
    }
  }

  private Child startBroker() throws IOException {
    return jvm.start(
        BrokerMain.class,
        output("broker"),
        folder.resolve("kafka").toString(),
        Integer.toString(port));
  }

  /** A new file for what something prints. */
  Path output(String of) {
    return folder.resolve("%02d-%s.log".formatted(outputs++, of));
  }

  String bootstrap() {
    return "127.0.0.1:" + port;
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrap()));
  }

  /** Kills the broker and starts it again on what the killed one left. */
  void restartBroker() throws IOException, InterruptedException {
    broker.kill();
    broker = startBroker();
    broker.await(Marker.RUNNING, 1);
  }

  /** Starts the store on what the one before left. */
  Child startStore() throws IOException {
    return jvm.start(StoreMain.class, output("store"), bootstrap(), stateFolder().toString());
  }

  Path stateFolder() {
    return folder.resolve("state");
  }

  /** Loses everything that store processes kept on disk. */
  void loseState() throws IOException {
    Folders.delete(stateFolder());
  }

  /** Waits until the store has committed that it read every update there is; it may log more. */
  void awaitDrained() throws InterruptedException, ExecutionException {
    try (Admin admin = admin()) {
      Map<TopicPartition, Long> ends =
          ends(admin, shards(Setup.TOPICS.updates()), IsolationLevel.READ_UNCOMMITTED);
      Map<TopicPartition, Long> read = Map.of();
      for (int i = 0; i < LONGEST_DRAIN_MS / 20 && !reaches(read, ends); i++) {
        TimeUnit.MILLISECONDS.sleep(20);
        read = committed(admin, ends);
      }
      assertThat(reaches(read, ends)).as("offsets committed: %s of %s", read, ends).isTrue();
    }
  }

  /**
   * Waits until no transaction is open in what a store writes. One of a process that was killed,
   * and its files lost, stays open until it is too old: whoever reads what is committed sees
   * nothing behind it before.
   */
  void awaitEnded() throws InterruptedException, ExecutionException {
    List<TopicPartition> written = new ArrayList<>(shards(Shards.CHANGELOG));
    written.addAll(shards(Setup.TOPICS.updates()));
    written.add(new TopicPartition(Setup.TOPICS.deadLetters(), 0));
    awaitEnded(written);
  }

  /** Waits until no transaction is open in these partitions. */
  void awaitEnded(Collection<TopicPartition> partitions)
      throws InterruptedException, ExecutionException {
    try (Admin admin = admin()) {
      Map<TopicPartition, Long> ends = ends(admin, partitions, IsolationLevel.READ_UNCOMMITTED);
      Map<TopicPartition, Long> stable = Map.of();
      for (int i = 0; i < LONGEST_TRANSACTION_MS / 100 && !reaches(stable, ends); i++) {
        TimeUnit.MILLISECONDS.sleep(100);
        stable = ends(admin, partitions, IsolationLevel.READ_COMMITTED);
      }
      assertThat(reaches(stable, ends)).as("committed: %s of %s", stable, ends).isTrue();
    }
  }

  private static boolean reaches(Map<TopicPartition, Long> read, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> read.getOrDefault(end.getKey(), -1L) >= end.getValue());
  }

  private static List<TopicPartition> shards(String topic) {
    return IntStream.range(0, Setup.SHARDS)
        .mapToObj(shard -> new TopicPartition(topic, shard))
        .toList();
  }

  private static Map<TopicPartition, Long> ends(
      Admin admin, Collection<TopicPartition> partitions, IsolationLevel level)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    partitions.forEach(of -> latest.put(of, OffsetSpec.latest()));
    Map<TopicPartition, Long> ends = new HashMap<>();
    admin
        .listOffsets(latest, new ListOffsetsOptions(level))
        .all()
        .get()
        .forEach((of, end) -> ends.put(of, end.offset()));
    return ends;
  }

  private static Map<TopicPartition, Long> committed(Admin admin, Map<TopicPartition, Long> of)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, Long> committed = new HashMap<>();
    admin
        .listConsumerGroupOffsets(Setup.TOPICS.storeApplication())
        .partitionsToOffsetAndMetadata()
        .get()
        .forEach(
            (partition, offset) -> {
              if (of.containsKey(partition) && offset != null) {
                committed.put(partition, offset.offset());
              }
            });
    return committed;
  }

  @Override
  public void close() {
    broker.close();
  }
}
