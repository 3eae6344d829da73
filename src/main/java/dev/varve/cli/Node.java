package dev.varve.cli;

import dev.varve.base.Check;
import dev.varve.broker.EmbeddedBroker;
import dev.varve.broker.TopicSetup;
import dev.varve.broker.Topics;
import dev.varve.cluster.PeerAccess;
import dev.varve.feed.CommandClient;
import dev.varve.join.JoinWindow;
import dev.varve.learn.Alarms;
import dev.varve.learn.QualityWindow;
import dev.varve.schema.JoinReport;
import dev.varve.serve.ServeConfig;
import dev.varve.serve.Served;
import dev.varve.serve.ServerStatus;
import dev.varve.serve.TopicStatus;
import dev.varve.serve.VarveServer;
import dev.varve.topology.Applications;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running Varve: broker (unless there is one already), topics, server, applications; started in
 * this order, stopped in the reverse.
 *
 * <p><b>Threads:</b> one starts, one stops.
 */
final class Node implements AutoCloseable {
  /** Longer than the longest commit interval and a restart of the part that balances. */
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(20);

  private static final Logger log = LoggerFactory.getLogger(Node.class);

  private final VarveConfig config;
  private final String version;
  private final long startedNs = System.nanoTime();
  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private final Topics topics;
  private String bootstrap = "";

  Node(VarveConfig config, String version) {
    this.config = config;
    this.version = version;
    this.topics = new Topics(config.kafka());
  }

  /** What has been started: where to find it, and how it is. */
  record Started(VarveServer server, String bootstrap, Applications applications) {}

  /**
   * Starts everything; what has been started when something fails is stopped by {@link #close}.
   *
   * @throws CommandException naming the port that is taken
   */
  Started start(DataFolder data) throws IOException, InterruptedException {
    requireFreePorts();
    VarveServer.requireCredentials(config.serve());
    ServeConfig serve = withGrpcPort(config.serve());
    var access = new PeerAccess(address(serve), serve.tls(), config.peers());
    bootstrap = config.kafka().bootstrap();
    if (config.kafka().embedded()) {
      var broker = EmbeddedBroker.start(data.kafka(), config.kafka().port());
      running.push(broker);
      bootstrap = broker.bootstrap();
    }
    Admin admin = Admin.create(kafkaSettings());
    running.push(admin);
    var setup = new TopicSetup(admin, topics);
    setup.create();
    var commands = new CommandClient(kafkaSettings(), topics, COMMAND_TIMEOUT);
    running.push(commands);
    var applications = new Applications(applicationsConfig(), bootstrap, access, data.state());
    running.push(applications);
    // Before the applications are ready: who asks is told that they are not, instead of nothing.
    VarveServer server = VarveServer.start(serve, served(applications, setup, commands));
    running.push(server);
    applications.start();
    return new Started(server, bootstrap, applications);
  }

  /** Other instances are told the port before it is listened on: any free one is chosen here. */
  private static ServeConfig withGrpcPort(ServeConfig serve) throws IOException {
    if (serve.grpcPort() != 0) {
      return serve;
    }
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(serve.host(), 0));
      return serve.withGrpcPort(socket.getLocalPort());
    }
  }

  private String address(ServeConfig serve) throws UnknownHostException {
    if (!config.kafka().address().isEmpty()) {
      return config.kafka().address();
    }
    InetAddress host = InetAddress.getByName(serve.host());
    String name =
        host.isAnyLocalAddress() ? InetAddress.getLocalHost().getHostName() : serve.host();
    return name + ":" + serve.grpcPort();
  }

  private Map<String, Object> kafkaSettings() {
    Map<String, Object> settings = new HashMap<>(config.kafka().properties());
    settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    return settings;
  }

  private Applications.Config applicationsConfig() {
    return new Applications.Config(
        config.features(),
        config.limits(),
        config.join(),
        config.model(),
        config.optimizer(),
        config.train(),
        config.store(),
        config.rebalance(),
        config.kafka());
  }

  /** Before anything is started: half a start is worse than none. */
  private void requireFreePorts() throws IOException {
    var serve = config.serve();
    InetAddress host = new InetSocketAddress(serve.host(), 0).getAddress();
    requireFree("serve.http-port", host, serve.httpPort());
    requireFree("serve.grpc-port", host, serve.grpcPort());
    if (config.kafka().embedded()) {
      requireFree("kafka.port", InetAddress.getLoopbackAddress(), config.kafka().port());
    }
  }

  private static void requireFree(String key, InetAddress host, int port) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(host, port));
    } catch (IOException e) {
      throw new CommandException(
          Check.message(key, port, "a free port; " + e.getMessage() + "; set another"), e);
    }
  }

  private Served served(Applications applications, TopicSetup setup, CommandClient commands) {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new JvmMemoryMetrics().bindTo(registry);
    var gc = new JvmGcMetrics();
    running.push(gc);
    gc.bindTo(registry);
    QualityWindow quality = applications.quality();
    gauge(registry, "varve.examples", () -> applications.embeddings().examples());
    gauge(registry, "varve.rejected", quality::rejected);
    gauge(registry, "varve.gradients.refused", () -> applications.embeddings().refusedGradients());
    gauge(registry, "varve.layout.version", applications::layoutVersion);
    gauge(registry, "varve.watermark.ms", () -> applications.embeddings().watermarkMs());
    gauge(registry, "varve.quality.log.loss", () -> quality.snapshot().logLoss());
    gauge(registry, "varve.quality.auc", () -> quality.snapshot().auc());
    gauge(
        registry, "varve.quality.normalized.entropy", () -> quality.snapshot().normalizedEntropy());
    gauge(registry, "varve.quality.calibration", () -> quality.snapshot().calibration());
    registry.getPrometheusRegistry().register(new QualityMeters(quality));
    gauge(registry, "varve.alarms", () -> alarms(applications).size());
    gauge(
        registry, "varve.kafka.silence.seconds", () -> applications.outOfTouch().toMillis() / 1e3);
    joinGauges(registry, applications.joins());
    return new Served(
        version,
        applications.embeddings(),
        applications.predictions(),
        () -> status(applications),
        () -> topicStatus(setup),
        applications.top(),
        commands::send,
        applications.shardService(),
        registry);
  }

  private static void joinGauges(PrometheusMeterRegistry registry, JoinWindow joins) {
    Map<String, ToLongFunction<JoinReport>> counts =
        Map.of(
            "impressions", JoinReport::getImpressions,
            "clicks", JoinReport::getClicks,
            "late.clicks", JoinReport::getLateClicks,
            "late.impressions", JoinReport::getLateImpressions,
            "orphans", JoinReport::getOrphans,
            "closed.early", JoinReport::getClosedEarly,
            "refused", JoinReport::getRefused,
            "waiting.bytes", JoinReport::getWaitingBytes);
    counts.forEach(
        (name, count) ->
            gauge(
                registry,
                "varve.join." + name,
                () -> count.applyAsLong(joins.snapshot().counts())));
    gauge(
        registry,
        "varve.join.delay.p99.seconds",
        () -> joins.snapshot().delays().p99().toMillis() / 1e3);
  }

  private static void gauge(PrometheusMeterRegistry registry, String name, DoubleSupplier value) {
    Gauge.builder(name, value::getAsDouble).strongReference(true).register(registry);
  }

  private static List<Alarms.Alarm> alarms(Applications applications) {
    return Alarms.of(
        applications.quality(),
        applications.embeddings().refusedGradients(),
        applications.outOfTouch());
  }

  private ServerStatus status(Applications applications) {
    var embeddings = applications.embeddings();
    QualityWindow.Snapshot window = applications.quality().snapshot();
    return new ServerStatus(
        version,
        applications.state(),
        applications.layoutVersion(),
        embeddings.examples(),
        applications.quality().rejected(),
        embeddings.refusedGradients(),
        embeddings.watermarkMs(),
        Duration.ofNanos(System.nanoTime() - startedNs).toSeconds(),
        embeddings.dimension(),
        embeddings.tables(),
        ServerStatus.Memory.of(embeddings.memory(), embeddings.rocksDbUse()),
        window.examples() == 0 ? null : ServerStatus.Quality.of(window),
        ServerStatus.TableQuality.of(applications.quality().slices()),
        alarms(applications),
        config.join().window().toMillis(),
        ServerStatus.Joins.of(applications.joins().snapshot()),
        new ServerStatus.Kafka(
            bootstrap,
            config.kafka().prefix(),
            topics.learnApplication(),
            topics.storeApplication()));
  }

  private List<TopicStatus> topicStatus(TopicSetup setup) {
    try {
      Map<String, Long> records = setup.records();
      return topics.all().stream()
          .map(
              topic ->
                  new TopicStatus(
                      topic.name(),
                      topic.purpose(),
                      topic.partitions(),
                      records.getOrDefault(topic.name(), 0L),
                      topic.compacted() ? "compact" : "delete"))
          .toList();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("topics: interrupted", e);
    }
  }

  @Override
  public void close() {
    // Whoever interrupts to stop wants what is running to be closed all the same.
    Thread.interrupted();
    while (!running.isEmpty()) {
      AutoCloseable part = running.pop();
      try {
        part.close();
      } catch (Exception e) {
        log.warn("stop: {} did not stop cleanly", part.getClass().getSimpleName(), e);
      }
    }
  }
}
