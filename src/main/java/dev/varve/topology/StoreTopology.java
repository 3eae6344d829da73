package dev.varve.topology;

import dev.varve.broker.Topics;
import dev.varve.layout.Balance;
import dev.varve.layout.Explanations;
import dev.varve.layout.RebalanceConfig;
import dev.varve.layout.RowCost;
import dev.varve.learn.Adagrad;
import dev.varve.store.EmbeddingStore;
import dev.varve.store.EmbeddingStoreBuilder;
import java.time.Duration;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The application {@code store}: three sub-topologies. {@code table}, one task a shard, applies
 * update batches and sends the census; {@code dense} merges the dense model; {@code balance} keeps
 * the census, publishes layouts and answers commands.
 */
public final class StoreTopology {
  private static final String UPDATES = "updates";
  private static final String TABLE = "table";
  private static final String DENSE_DELTAS = "dense-deltas";
  private static final String DENSE = "dense";
  private static final String CENSUS = "census-source";
  private static final String COMMANDS = "commands";
  private static final String BALANCE = "balance-processor";

  /** Rows that shards sweep in a second, until that was measured: what the store was built for. */
  private static final double ROWS_PER_SEC = 200_000;

  private final Topics topics;
  private final Topology topology = new Topology();

  private StoreTopology(Topics topics) {
    this.topics = topics;
  }

  /**
   * Builds the topology.
   *
   * @param explanations answers {@code explain}
   */
  static Topology build(
      Topics topics,
      EmbeddingStore.Settings settings,
      Duration censusEvery,
      RebalanceConfig rebalance,
      Explanations explanations) {
    var store = new StoreTopology(topics);
    store.table(settings, censusEvery, rebalance.step());
    store.dense(settings);
    store.balance(settings, rebalance, explanations);
    return store.topology;
  }

  private void table(EmbeddingStore.Settings settings, Duration censusEvery, Duration step) {
    source(UPDATES, topics.updates());
    var share = new SweepShare(System::nanoTime);
    topology.addProcessor(TABLE, () -> new TableProcessor(censusEvery, step, share), UPDATES);
    topology.addStateStore(new EmbeddingStoreBuilder(settings), TABLE);
    sinkToShards(TableProcessor.DECISIONS, TABLE);
    sink(TableProcessor.CENSUS, topics.census(), TABLE);
    sink(TableProcessor.DEAD_LETTERS, topics.deadLetters(), TABLE);
  }

  private void dense(EmbeddingStore.Settings settings) {
    source(DENSE_DELTAS, topics.denseDeltas());
    Adagrad optimizer = settings.optimizer().dense();
    topology.addProcessor(DENSE, () -> new DenseProcessor(optimizer), DENSE_DELTAS);
    topology.addStateStore(keyValueStore(DenseProcessor.STORE), DENSE);
    topology.addStateStore(new CommitHook.Builder(DenseProcessor.HOOK), DENSE);
    sink(DenseProcessor.DENSE_MODEL, topics.denseModel(), DENSE);
    sink(DenseProcessor.DEAD_LETTERS, topics.deadLetters(), DENSE);
  }

  private void balance(
      EmbeddingStore.Settings settings, RebalanceConfig rebalance, Explanations explanations) {
    source(CENSUS, topics.census());
    source(COMMANDS, topics.commands());
    var setup =
        new Balance.Setup(
            settings.dimension(),
            topics.config().shards(),
            settings.decay().halfLifeMs(),
            RowCost.Both.of(settings.dimension(), settings.optimizer().encoding()::stateLength),
            ROWS_PER_SEC,
            rebalance);
    var balance = new BalanceProcessor.Settings(setup, explanations, topics.commands());
    topology.addProcessor(BALANCE, () -> new BalanceProcessor(balance), CENSUS, COMMANDS);
    topology.addStateStore(keyValueStore(BalanceProcessor.STORE), BALANCE);
    sink(BalanceProcessor.LAYOUT, topics.layout(), BALANCE);
    sinkToShards(BalanceProcessor.SHARDS, BALANCE);
    sink(BalanceProcessor.REPLIES, topics.replies(), BALANCE);
    sink(BalanceProcessor.DEAD_LETTERS, topics.deadLetters(), BALANCE);
  }

  private static StoreBuilder<KeyValueStore<String, byte[]>> keyValueStore(String name) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.ByteArray())
        .withLoggingEnabled(Topics.LARGEST_MODEL)
        .withCachingDisabled();
  }

  private void source(String name, String topic) {
    topology.addSource(name, new ByteArrayDeserializer(), new ByteArrayDeserializer(), topic);
  }

  /** Into the shards' logs. */
  private void sinkToShards(String name, String parent) {
    topology.addSink(
        name,
        topics.updates(),
        new ByteArraySerializer(),
        new ByteArraySerializer(),
        new ShardPartitioner(),
        parent);
  }

  private void sink(String name, String topic, String... parents) {
    topology.addSink(name, topic, new ByteArraySerializer(), new ByteArraySerializer(), parents);
  }
}
