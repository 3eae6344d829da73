package dev.varve.topology;

import dev.varve.broker.OpenTransactions;
import dev.varve.broker.Topics;
import dev.varve.layout.Explanations;
import dev.varve.learn.Optimizer;
import dev.varve.schema.Explanation;
import dev.varve.store.Bases;
import dev.varve.store.EmbeddingStore;
import dev.varve.store.StreamsEmbeddings;
import dev.varve.table.Popularity;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.streams.KafkaStreams;
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
  private final RestoreLog restores = new RestoreLog();
  private final Bases bases;

  /**
   * Prepares it.
   *
   * @param bootstrap the brokers
   * @param stateFolder for RocksDB
   */
  public StoreApplication(Applications.Config config, String bootstrap, Path stateFolder) {
    var topics = new Topics(config.kafka());
    bases = new Bases(config.model().dimension());
    streams =
        new KafkaStreams(
            topology(config, topics, this::explain),
            StreamsSettings.of(
                topics.storeApplication(),
                bootstrap,
                config.kafka(),
                config.store(),
                stateFolder,
                config.store().threads(),
                config.store().commitInterval()));
    open = new OpenTransactions(config.kafka(), bootstrap);
    streams.setUncaughtExceptionHandler(new ThreadFailures(topics.storeApplication()));
    streams.setGlobalStateRestoreListener(restores);
    embeddings =
        new StreamsEmbeddings(streams, config.kafka().shards(), bases, config.train().shardWait());
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
    return embeddings.explain(table, id);
  }

  /**
   * Starts it and waits until the shards can be read. That may take long when much has to be
   * restored; the log says so now and then.
   *
   * @throws IllegalStateException when it fails
   */
  public void start() throws InterruptedException {
    streams.start();
    Applications.await(streams, "the shards", embeddings::ready, open);
  }

  /** What vectors are served through: whoever reads versions of the dense model gives them here. */
  Bases bases() {
    return bases;
  }

  public StreamsEmbeddings embeddings() {
    return embeddings;
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
    streams.close(LONGEST_STOP);
  }
}
