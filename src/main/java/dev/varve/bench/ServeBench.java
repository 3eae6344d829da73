package dev.varve.bench;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.broker.KafkaConfig;
import dev.varve.cluster.PeerAccess;
import dev.varve.learn.Optimizer;
import dev.varve.serve.ServeConfig;
import dev.varve.serve.Served;
import dev.varve.serve.VarveServer;
import dev.varve.topology.Applications;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * {@code varve bench serve}: how fast are vectors served, beside a Redis that holds the same ones
 * on the same machine, asked by as many clients?
 *
 * <p>All rows are resident in the shards of a store that follows Kafka, as in production; nothing
 * is learned meanwhile. Each round runs all loads one after the other, so that whoever else is busy
 * on the machine is so for all of them, and a ratio is one of two runs of the same round.
 */
public final class ServeBench {
  /** What can be asked, in the order in which it is. */
  public enum Part {
    SMALL,
    LARGE,
    PROCESS;

    /** As the command line has it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final double NS_PER_SECOND = 1e9;

  private final String version;
  private final Settings settings;

  /**
   * @param version of Varve, for the report
   */
  public ServeBench(String version, Settings settings) {
    this.version = version;
    this.settings = settings;
  }

  /**
   * Answers the questions.
   *
   * @throws IllegalArgumentException when the machine has too little memory, or lacks a program
   *     that makes load
   */
  public Report run(Collection<Part> parts, Progress progress)
      throws IOException, InterruptedException {
    Set<Part> asked = EnumSet.copyOf(parts);
    if (asked.contains(Part.SMALL) || asked.contains(Part.LARGE)) {
      String path = System.getenv("PATH");
      Tool.require(List.of(Tool.values()), path == null ? "" : path);
    }
    requireMemory();
    Machine machine = Machine.here();
    Instant begun = Instant.now();
    List<Report.Section> sections = new ArrayList<>();
    try (var folder = new ScratchFolder(settings.folder());
        var kafka = KafkaScene.start(folder.path().resolve("kafka"), KafkaConfig.defaults())) {
      Applications.Config config = StoreSetup.config(settings, kafka.config());
      var rows =
          new ServedRows(settings.rows(), Optimizer.of(config.optimizer(), config.model().seed()));
      try (var applications =
          new Applications(
              config, kafka.bootstrap(), PeerAccess.none(), folder.path().resolve("store"))) {
        progress.at("filling the store");
        fill(kafka, applications, rows);
        for (Part part : asked) {
          long begunNs = System.nanoTime();
          List<Figure> figures = measure(part, applications, rows, folder.path(), progress);
          double seconds = (System.nanoTime() - begunNs) / NS_PER_SECOND;
          sections.add(new Report.Section(part.text(), question(part), seconds, figures));
        }
      }
    }
    return new Report(begun, version, machine, settings, sections);
  }

  private String question(Part part) {
    String rows = "of %,d resident rows of dimension 16".formatted(settings.rows());
    return switch (part) {
      case SMALL ->
          "vectors of %d ids a request, %s, beside Redis".formatted(ServeLoads.SMALL_IDS, rows);
      case LARGE ->
          "vectors of %,d ids a request, %s, %d connections, beside Redis"
              .formatted(ServeLoads.LARGE_IDS, rows, ServeLoads.LARGE_CONNECTIONS);
      case PROCESS -> "vectors %s, in the process that has them, one thread".formatted(rows);
    };
  }

  private void fill(KafkaScene kafka, Applications applications, ServedRows rows)
      throws InterruptedException {
    try (var sender = new UpdateSender(kafka, settings, ServedRows::key, rows)) {
      sender.sendAll();
      applications.start();
      var watch = new CommitWatch(kafka, kafka.topics().storeApplication(), sender.log());
      watch.await(sender.log().rows());
      sender.log().check(applications.embeddings(), rows.rows());
    }
  }

  private List<Figure> measure(
      Part part, Applications applications, ServedRows rows, Path folder, Progress progress)
      throws IOException, InterruptedException {
    Progress told = what -> progress.at(part.text() + ": " + what);
    if (part == Part.PROCESS) {
      return new ProcessLookups(applications.embeddings(), rows, settings).run(told);
    }
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    ServeConfig ports = ServeConfig.defaults().withFreePorts();
    try (var server = VarveServer.start(ports, served(applications, registry));
        var redis = RedisServer.start(folder)) {
      told.at("filling Redis");
      redis.fill(rows);
      told.at("comparing answers");
      new AnswerCheck(rows, settings.seed()).check(server, redis);
      var loads = new Loads(folder, rows, settings.seed(), settings.round());
      var measured = new ServeLoads(loads, server, redis, new Answered(registry), settings);
      return part == Part.SMALL ? measured.small(told) : measured.large(told);
    }
  }

  private Served served(Applications applications, PrometheusMeterRegistry registry) {
    return new Served(
        version,
        applications.embeddings(),
        applications.predictions(),
        () -> {
          throw new IllegalStateException("status: none (expected: lookups only, in a bench)");
        },
        List::of,
        applications.top(),
        _ -> {
          throw new IllegalStateException("commands: none (expected: lookups only, in a bench)");
        },
        applications.shardService(),
        registry);
  }

  private void requireMemory() {
    long needed = 5 * settings.population(Settings.DIMENSION).bytes();
    long available = Machine.availableBytes();
    Check.that(
        needed <= available,
        "memory",
        new Bytes(needed).toHuman(),
        "at most %s, which is free; ask for fewer --rows"
            .formatted(new Bytes(available).toHuman()));
  }
}
