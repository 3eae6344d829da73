package dev.varve.topology;

import dev.varve.base.Check;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.OpenTransactions;
import dev.varve.broker.Topics;
import dev.varve.cluster.Cluster;
import dev.varve.cluster.PeerAccess;
import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.join.JoinConfig;
import dev.varve.join.JoinWindow;
import dev.varve.layout.RebalanceConfig;
import dev.varve.learn.DenseReplica;
import dev.varve.learn.InFlight;
import dev.varve.learn.LivePredictions;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.QualityWindow;
import dev.varve.learn.TopCategories;
import dev.varve.learn.TrainConfig;
import dev.varve.learn.Trainer;
import dev.varve.store.Embeddings;
import dev.varve.store.StoreConfig;
import dev.varve.table.Popularity;
import io.grpc.BindableService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two applications of one process, started and stopped in order: tables before trainers, since
 * a trainer waits for the tables it reads; trainers stop first.
 *
 * <p><b>Threads:</b> one starts and stops; what the accessors give may be used from any.
 */
public final class Applications implements AutoCloseable {
  /** What the applications are configured by. */
  public record Config(
      FeaturesConfig features,
      LimitsConfig limits,
      JoinConfig join,
      ModelConfig model,
      OptimizerConfig optimizer,
      TrainConfig train,
      StoreConfig store,
      RebalanceConfig rebalance,
      KafkaConfig kafka) {}

  private static final int ROWS_IN_FLIGHT = 200_000;
  private static final long QUALITY_WINDOW = 100_000;
  private static final Logger log = LoggerFactory.getLogger(Applications.class);
  private static final Duration POLL = Duration.ofMillis(10);
  private static final Duration SAY_EVERY = Duration.ofSeconds(30);

  private final Config config;
  private final FeatureSet features;
  private final QualityWindow quality = new QualityWindow(QUALITY_WINDOW);
  private final JoinWindow joins;
  private final TopCategories top;
  private final LayoutView layout = new LayoutView();
  private final StoreApplication store;
  private final KafkaStreams learn;
  private final Cluster embeddings;
  private final LivePredictions predictions;
  private final OpenTransactions open;

  /**
   * Prepares both applications.
   *
   * @param bootstrap the brokers
   * @param access how this instance and others reach each other
   * @param stateFolder for RocksDB
   */
  public Applications(Config config, String bootstrap, PeerAccess access, Path stateFolder) {
    this.config = config;
    this.features = new FeatureSet(config.features);
    this.joins = new JoinWindow(config.join.window());
    this.top = new TopCategories(new Popularity(config.store.popularityHalfLife().toMillis()));
    int dimension = config.model.dimension();
    Optimizer optimizer = Optimizer.of(config.optimizer, config.model.seed());
    Topics topics = new Topics(config.kafka);
    store = new StoreApplication(config, bootstrap, access, stateFolder);
    embeddings = store.cluster();
    open = new OpenTransactions(config.kafka, bootstrap);
    var shared =
        new Trainer.Shared(
            features,
            embeddings,
            new InFlight(optimizer.encoding().stateLength(dimension), ROWS_IN_FLIGHT),
            new DenseReplica(optimizer.dense()),
            optimizer,
            config.model);
    predictions = new LivePredictions(config.kafka.shards(), dimension, shared);
    learn = learn(learnTopology(topics, shared), topics, bootstrap, stateFolder);
  }

  private Topology learnTopology(Topics topics, Trainer.Shared shared) {
    var train =
        new TrainProcessor.Settings(
            config.train.batchSize(),
            config.kafka.shards(),
            config.model.dimension(),
            config.train.shardWait(),
            layout,
            quality,
            top);
    var join =
        new JoinProcessor.Settings(
            config.join,
            topics.impressions(),
            config.kafka.partitions(),
            config.model.seed(),
            joins);
    return LearnTopology.build(topics, config.limits, shared, train, join, store.bases()::accept);
  }

  private KafkaStreams learn(Topology topology, Topics topics, String bootstrap, Path stateFolder) {
    Properties settings =
        StreamsSettings.of(
            topics.learnApplication(),
            bootstrap,
            config.kafka,
            config.store,
            stateFolder,
            config.train.threads(),
            config.train.commitInterval());
    var streams = new KafkaStreams(topology, StreamsSettings.inTurn(settings, config.kafka));
    streams.setUncaughtExceptionHandler(new ThreadFailures(topics.learnApplication()));
    streams.setGlobalStateRestoreListener(new RestoreLog());
    return streams;
  }

  /**
   * Starts both and waits until the shards can be read and a layout is known. That may take long
   * when much has to be restored; the log says so now and then.
   *
   * @throws IllegalStateException when one fails
   */
  public void start() throws InterruptedException {
    store.start();
    // What is learned already stays known, whatever the configuration says of new features.
    embeddings.tables().keySet().forEach(name -> features.restore(name, FeatureKind.CATEGORICAL));
    learn.start();
    await(
        learn,
        "the trainers and the first layout",
        () -> learn.state() == KafkaStreams.State.RUNNING && layout.version() > 0,
        open);
  }

  /**
   * Waits for an application to be ready.
   *
   * @param open what to say of when it takes long
   */
  static void await(KafkaStreams streams, String what, BooleanSupplier ready, OpenTransactions open)
      throws InterruptedException {
    long begun = System.nanoTime();
    long saidSeconds = 0;
    while (!ready.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (streams.state() == KafkaStreams.State.ERROR) {
        throw new IllegalStateException(
            Check.message("start", "waiting for " + what, "no failure; the log says why"));
      }
      long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
      if (seconds - saidSeconds >= SAY_EVERY.toSeconds()) {
        log.info("starting: waiting for {} since {} s", what, seconds);
        report(open);
        saidSeconds = seconds;
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static void report(OpenTransactions open) throws InterruptedException {
    try {
      open.find().forEach(log::warn);
    } catch (KafkaException e) {
      log.warn("starting: {}", e.getMessage(), e.getCause());
    }
  }

  /** Whether both applications do their work; a rebalance passes, an error does not. */
  public String state() {
    if (store.hasFailed() || learn.state() == KafkaStreams.State.ERROR) {
      return "failed";
    }
    return embeddings.ready() && learn.state() == KafkaStreams.State.RUNNING
        ? "running"
        : "starting";
  }

  /** How long there has been no contact with the brokers; 0 while there is. */
  public Duration outOfTouch() {
    return store.embeddings().outOfTouch();
  }

  /** The shards of all instances. */
  public Embeddings embeddings() {
    return embeddings;
  }

  /** What answers other instances; to be served on the gRPC port. */
  public BindableService shardService() {
    return embeddings.service();
  }

  /** Predicts what nobody learns, with what this process's trainers know. */
  public LivePredictions predictions() {
    return predictions;
  }

  public QualityWindow quality() {
    return quality;
  }

  /** What this process's joiners have counted. */
  public JoinWindow joins() {
    return joins;
  }

  /** The most popular categories that the process has learned. */
  public TopCategories top() {
    return top;
  }

  /** Version of the newest layout that the process has seen. */
  public long layoutVersion() {
    return layout.version();
  }

  @Override
  public void close() {
    learn.close(StoreApplication.LONGEST_STOP);
    store.close();
  }
}
