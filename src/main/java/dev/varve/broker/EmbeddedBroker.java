package dev.varve.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import kafka.server.StandardFaultHandlerFactory;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.common.Feature;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker and controller in this JVM, on the loopback interface, with its data in a folder.
 *
 * <p>The broker's fault handlers halt the JVM they live in.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final int NODE = 1;

  private final ControllerServer controller;
  private final BrokerServer broker;
  private final int port;

  private EmbeddedBroker(KafkaConfig config, int port, int controllerPort) {
    var logger = LoggerFactory.getLogger(EmbeddedBroker.class);
    var stored = KafkaRaftServer.initializeLogDirs(config, logger, "");
    var shared =
        new SharedServer(
            config,
            stored._1(),
            Time.SYSTEM,
            Server.initializeMetrics(config, Time.SYSTEM, stored._1().clusterId().orElseThrow()),
            CompletableFuture.completedFuture(
                Map.of(
                    NODE, new InetSocketAddress(InetAddress.getLoopbackAddress(), controllerPort))),
            List.of(),
            new StandardFaultHandlerFactory(),
            ServerSocketFactory.INSTANCE);
    this.controller = new ControllerServer(shared, KafkaRaftServer.configSchema(), stored._2());
    this.broker = new BrokerServer(shared);
    this.port = port;
  }

  /**
   * Starts a broker; returns when it takes requests.
   *
   * @param folder its data; made and formatted when it is new
   * @param port to listen on, free
   */
  public static EmbeddedBroker start(Path folder, int port)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    if (!Files.exists(folder.resolve("meta.properties"))) {
      format(folder);
    }
    int controllerPort = freePort();
    var config = KafkaConfig.fromProps(properties(folder, port, controllerPort), false);
    var started = new EmbeddedBroker(config, port, controllerPort);
    try {
      started.start();
    } catch (InterruptedException | RuntimeException e) {
      // Its threads are no daemons: they would keep the JVM alive.
      started.broker.shutdown();
      started.controller.shutdown();
      throw e;
    }
    return started;
  }

  /**
   * After kill -9 the controller waits until the session of the broker before is over, and then
   * takes its partitions away for a moment. A broker that is up by then may be about to end a
   * transaction that was cut off; it holds partitions without a leader for deleted, and does not
   * tell them that the transaction is committed (KAFKA-20734). So it starts behind that.
   */
  private void start() throws InterruptedException {
    controller.startup();
    var known = controller.metadataCache();
    while (known.currentImage().isEmpty() || known.hasAliveBroker(NODE)) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    broker.startup();
  }

  private static void format(Path folder) throws IOException {
    try {
      new Formatter()
          .setPrintStream(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
          .setNodeId(NODE)
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
    p.put("node.id", Integer.toString(NODE));
    p.put("controller.quorum.voters", "%d@%s:%d".formatted(NODE, HOST, controllerPort));
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
    // How long a start waits after kill -9.
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

  /** The broker first: it hands its partitions back to the controller. */
  @Override
  public void close() {
    broker.shutdown();
    controller.shutdown();
    broker.awaitShutdown();
    controller.awaitShutdown();
  }
}
