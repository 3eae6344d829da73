package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.broker.TopicSetup;
import dev.varve.topology.StoreMain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** A broker with its topics and one state folder, on which store processes come and go. */
final class Stage implements AutoCloseable {
  private static final int LONGEST_DRAIN_MS = 90_000;

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

  private Admin admin() {
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
      Map<TopicPartition, Long> ends = ends(admin);
      Map<TopicPartition, Long> read = Map.of();
      for (int i = 0; i < LONGEST_DRAIN_MS / 20 && !reaches(read, ends); i++) {
        TimeUnit.MILLISECONDS.sleep(20);
        read = committed(admin, ends);
      }
      assertThat(reaches(read, ends)).as("offsets committed: %s of %s", read, ends).isTrue();
    }
  }

  private static boolean reaches(Map<TopicPartition, Long> read, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> read.getOrDefault(end.getKey(), -1L) >= end.getValue());
  }

  private static Map<TopicPartition, Long> ends(Admin admin)
      throws InterruptedException, ExecutionException {
    List<TopicPartition> shards =
        IntStream.range(0, Setup.SHARDS)
            .mapToObj(shard -> new TopicPartition(Setup.TOPICS.updates(), shard))
            .toList();
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    shards.forEach(shard -> latest.put(shard, OffsetSpec.latest()));
    Map<TopicPartition, Long> ends = new HashMap<>();
    admin.listOffsets(latest).all().get().forEach((of, end) -> ends.put(of, end.offset()));
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
