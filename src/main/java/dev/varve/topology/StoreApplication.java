package dev.varve.topology;

import dev.varve.broker.OpenTransactions;
import dev.varve.broker.Topics;
import dev.varve.cluster.Cluster;
import dev.varve.cluster.PeerAccess;
import dev.varve.layout.Explanations;
import dev.varve.learn.Optimizer;
import dev.varve.schema.Explanation;
import dev.varve.store.Bases;
import dev.varve.store.EmbeddingStore;
import dev.varve.store.StreamsEmbeddings;
import dev.varve.table.Popularity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/**
 * The application {@code store} of this process: shards, dense model, layout.
 *
 * <p><b>Threads:</b> one starts and stops; what the accessors give may be used from any.
 */
public final class StoreApplication implements AutoCloseable {
  static final Duration LONGEST_STOP = Duration.ofSeconds(4);

  private final KafkaStreams streams;
  private final OpenTransactions open;
  private final StreamsEmbeddings embeddings;
  private final Cluster cluster;
  private final RestoreLog restores = new RestoreLog();
  private final Bases bases;

  /**
   * Prepares it.
   *
   * @param bootstrap the brokers
   * @param access how this instance and others reach each other
   * @param stateFolder for RocksDB
   */
  public StoreApplication(
      Applications.Config config, String bootstrap, PeerAccess access, Path stateFolder) {
    var topics = new Topics(config.kafka());
    bases = new Bases(config.model().dimension());
    Properties settings =
        StreamsSettings.of(
            topics.storeApplication(),
            bootstrap,
            config.kafka(),
            config.store(),
            stateFolder,
            config.store().threads(),
            config.store().commitInterval());
    if (!access.address().isEmpty()) {
      settings.put(StreamsConfig.APPLICATION_SERVER_CONFIG, access.address());
    }
    streams = new KafkaStreams(topology(config, topics, this::explain), settings);
    open = new OpenTransactions(config.kafka(), bootstrap);
    streams.setUncaughtExceptionHandler(new ThreadFailures(topics.storeApplication()));
    streams.setGlobalStateRestoreListener(restores);
    int shards = config.kafka().shards();
    embeddings =
        new StreamsEmbeddings(
            streams, topics.updates(), shards, StreamsSettings.session(settings), bases);
    cluster = new Cluster(embeddings, shards, access, config.train().shardWait());
  }

  private static Topology topology(
      Applications.Config config, Topics topics, Explanations explanations) {
    var settings =
        new EmbeddingStore.Settings(
            config.model().dimension(),
            Optimizer.of(config.optimizer(), config.model().seed()),
            new Popularity(config.store().popularityHalfLife().toMillis()),
            config.store().cache().count() / config.kafka().shards(),
            config.store().sketch().count() / config.kafka().shards());
    return StoreTopology.build(
        topics, settings, config.store().censusEvery(), config.rebalance(), explanations);
  }

  private Explanation explain(String table, String id) {
    return cluster.explain(table, id);
  }

  /**
   * Starts it and waits until the shards can be read. That may take long when much has to be
   * restored; the log says so now and then.
   *
   * @throws IllegalStateException when it fails
   */
  public void start() throws InterruptedException {
    streams.start();
    cluster.start();
    Applications.await(streams, "the shards", cluster::ready, open);
  }

  /** What vectors are served through: whoever reads versions of the dense model gives them here. */
  Bases bases() {
    return bases;
  }

  /** The shards that are here. */
  public StreamsEmbeddings embeddings() {
    return embeddings;
  }

  /** The shards of all instances. */
  Cluster cluster() {
    return cluster;
  }

  /** What was read again from changelogs since it was made. */
  public Restored restored() {
    return restores.restored();
  }

  boolean hasFailed() {
    return streams.state() == KafkaStreams.State.ERROR;
  }

  @Override
  public void close() {
    cluster.close();
    streams.close(LONGEST_STOP);
  }
}
