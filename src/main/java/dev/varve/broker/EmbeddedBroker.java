package dev.varve.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;

/**
 * A Kafka broker and controller in this JVM, on the loopback interface, with its data in a folder.
 *
 * <p>The broker's fault handlers halt the JVM they live in.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private static final String HOST = "127.0.0.1";

  private final KafkaRaftServer server;
  private final int port;

  private EmbeddedBroker(KafkaRaftServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts a broker; returns when it takes requests.
   *
   * @param folder its data; made and formatted when it is new
   * @param port to listen on, free
   */
  public static EmbeddedBroker start(Path folder, int port) throws IOException {
    Files.createDirectories(folder);
    if (!Files.exists(folder.resolve("meta.properties"))) {
      format(folder);
    }
    var config = KafkaConfig.fromProps(properties(folder, port, freePort()), false);
    var server = new KafkaRaftServer(config, Time.SYSTEM);
    try {
      server.startup();
    } catch (RuntimeException e) {
      // Its threads are no daemons: they would keep the JVM alive.
      server.shutdown();
      throw e;
    }
    return new EmbeddedBroker(server, port);
  }

  private static void format(Path folder) throws IOException {
    try {
      new Formatter()
          .setPrintStream(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
          .setNodeId(1)
          .setClusterId(Uuid.randomUuid().toString())
          .setSupportedFeatures(new ArrayList<>(Feature.PRODUCTION_FEATURES))
          .setControllerListenerName("CONTROLLER")
          .setMetadataLogDirectory(folder.toString())
          .addDirectory(folder.toString())
          .setIgnoreFormatted(true)
          .run();
    } catch (Exception e) {
      throw new IOException("broker folder: " + folder + " (expected: a folder to write)", e);
    }
  }

  private static Properties properties(Path folder, int port, int controllerPort) {
    var p = new Properties();
    p.put("process.roles", "broker,controller");
    p.put("node.id", "1");
    p.put("controller.quorum.voters", "1@%s:%d".formatted(HOST, controllerPort));
    p.put(
        "listeners",
        "PLAINTEXT://%s:%d,CONTROLLER://%s:%d".formatted(HOST, port, HOST, controllerPort));
    p.put("advertised.listeners", "PLAINTEXT://%s:%d".formatted(HOST, port));
    p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    p.put("controller.listener.names", "CONTROLLER");
    p.put("inter.broker.listener.name", "PLAINTEXT");
    p.put("log.dirs", folder.toString());
    p.put("auto.create.topics.enable", "false");
    for (String internal : new String[] {"offsets.topic", "transaction.state.log"}) {
      p.put(internal + ".replication.factor", "1");
      p.put(internal + ".num.partitions", "4");
    }
    p.put("transaction.state.log.min.isr", "1");
    p.put("share.coordinator.state.topic.replication.factor", "1");
    p.put("share.coordinator.state.topic.min.isr", "1");
    p.put("group.initial.rebalance.delay.ms", "0");
    // The default reserves 128 MB of heap. This has room for 2.5 million keys: where fewer than are
    // new in a changelog, all of it is copied again for each part of them.
    p.put("log.cleaner.dedupe.buffer.size", Integer.toString(64 << 20));
    // After kill -9 the controller refuses the new broker until the old one's session is over.
    p.put("broker.session.timeout.ms", "2500");
    p.put("broker.heartbeat.interval.ms", "500");
    return p;
  }

  /** A port that was free just now; a broker with static voters cannot be told to take any. */
  public static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Where clients connect. */
  public String bootstrap() {
    return HOST + ":" + port;
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
