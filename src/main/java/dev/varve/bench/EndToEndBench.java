package dev.varve.bench;

import dev.varve.base.Bytes;
import dev.varve.broker.KafkaConfig;
import dev.varve.cluster.PeerAccess;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.feed.ExampleSender;
import dev.varve.join.JoinConfig;
import dev.varve.layout.RebalanceConfig;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.TrainConfig;
import dev.varve.store.StoreConfig;
import dev.varve.topology.Applications;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How many examples of 26 features a second are learned through Kafka, exactly once, broker and all
 * in this process? And at half of that, how long does it take from a click to the changed vector?
 *
 * <p>The examples are in Kafka before the applications start. What they learn until they are fast
 * is not counted.
 */
final class EndToEndBench implements Bench {
  private static final int WARM_UP = 400_000;
  private static final int COUNTED = 300_000;
  private static final int TRAINER_BATCH = 128;
  private static final long ROW_BYTES = 2L << 30;
  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration LONGEST_STANDSTILL = Duration.ofMinutes(2);

  private final Settings settings;
  private final List<Figure> figures = new ArrayList<>();

  EndToEndBench(Settings settings) {
    this.settings = settings;
  }

  @Override
  public String question() {
    return "learning %,d examples of 26 features with fm through Kafka, exactly once, micro-batches"
            .formatted(COUNTED)
        + " of %d, broker in the same process".formatted(TRAINER_BATCH);
  }

  @Override
  public long bytes() {
    return ROW_BYTES;
  }

  private Applications.Config config(KafkaConfig kafka) {
    StoreConfig store = StoreConfig.defaults();
    TrainConfig train = TrainConfig.defaults();
    return new Applications.Config(
        FeaturesConfig.defaults(),
        LimitsConfig.defaults(),
        JoinConfig.defaults(),
        ModelConfig.defaults(),
        OptimizerConfig.defaults(),
        new TrainConfig(TRAINER_BATCH, train.threads(), train.commitInterval(), train.shardWait()),
        new StoreConfig(
            store.threads(),
            store.commitInterval(),
            new Bytes(ROW_BYTES),
            store.blockCache(),
            store.writeBuffer(),
            store.sketch(),
            store.popularityHalfLife(),
            store.censusEvery()),
        RebalanceConfig.defaults(),
        kafka);
  }

  @Override
  public List<Figure> run(Progress progress) throws IOException, InterruptedException {
    var examples = new CriteoExamples(settings.rows(), settings.zipf(), settings.seed());
    try (var folder = new ScratchFolder(settings.folder());
        var scene = KafkaScene.start(folder.path().resolve("kafka"), KafkaConfig.defaults());
        var sender = new ExampleSender(scene.bootstrap(), scene.topics(), "bench")) {
      progress.at("writing examples");
      CriteoExamples.Stream drawn = examples.stream();
      for (int i = 0; i < WARM_UP + COUNTED; i++) {
        sender.send(drawn.next());
      }
      sender.flush();
      Path state = folder.path().resolve("state");
      try (var applications =
          new Applications(config(scene.config()), scene.bootstrap(), PeerAccess.none(), state)) {
        applications.start();
        progress.at("learning");
        double perSec = throughput(applications);
        progress.at("clicks at half of the load");
        try (var load = new ExampleFlow(sender, drawn, perSec / 2);
            var clicks = new ClickProbe(scene, applications.embeddings())) {
          clicks.run(ClickProbe.WARM_UP);
          Histogram micros = clicks.run(ClickProbe.COUNTED);
          figures.add(Figure.of("load meanwhile", Unit.EXAMPLES_PER_SECOND, load.perSec()));
          figures.add(milliseconds(micros, 50));
          figures.add(milliseconds(micros, 99).atMost(1_000));
        }
      }
    }
    return figures;
  }

  private static Figure milliseconds(Histogram micros, int percentile) {
    return Figure.of(
        "click to changed vector, p" + percentile,
        Unit.MILLISECONDS,
        micros.getValueAtPercentile(percentile) / 1e3);
  }

  /** Examples per second whose updates the tables have applied, from the warm-up on. */
  private double throughput(Applications applications) throws InterruptedException {
    long begun = await(applications, WARM_UP);
    long first = applications.embeddings().examples();
    long cpu = cpuNs();
    long ended = await(applications, WARM_UP + COUNTED);
    double perSec = 1e9 * (WARM_UP + COUNTED - first) / (ended - begun);
    figures.add(Figure.of("examples", Unit.EXAMPLES_PER_SECOND, perSec).atLeast(40e3));
    figures.add(
        Figure.of(
            "CPU time of an example, the broker's too",
            Unit.MICROSECONDS,
            (cpuNs() - cpu) / 1e3 / (WARM_UP + COUNTED - first)));
    return perSec;
  }

  private static long cpuNs() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
        .getProcessCpuTime();
  }

  /** When the tables were seen to have applied so many. */
  private static long await(Applications applications, long examples) throws InterruptedException {
    long last = -1;
    long changedNs = System.nanoTime();
    while (true) {
      long applied = applications.embeddings().examples();
      long now = System.nanoTime();
      if (applied >= examples) {
        return now;
      }
      if (applied != last) {
        last = applied;
        changedNs = now;
      } else if (now - changedNs > LONGEST_STANDSTILL.toNanos()) {
        throw new IllegalStateException(
            "examples: %,d applied (expected: %,d; the log says why)".formatted(applied, examples));
      }
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
    }
  }
}
