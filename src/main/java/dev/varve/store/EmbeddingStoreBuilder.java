package dev.varve.store;

import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Builds {@link EmbeddingStore}s over Kafka Streams' persistent key-value store, changelog on,
 * Streams' own cache off (the store keeps its rows itself).
 */
public final class EmbeddingStoreBuilder implements StoreBuilder<EmbeddingStore> {
  /** The store's name; its changelog is {@code APPLICATION-embeddings-changelog}. */
  public static final String NAME = "embeddings";

  /**
   * Compact in small segments: after a crash the whole changelog is read again, so what is
   * superseded in it is waiting time. At most half of it is; to keep it at a third costs twice the
   * compaction, which took a fifth of all CPU time where updates came as fast as they could.
   */
  private static final Map<String, String> CHANGELOG =
      Map.of(
          "cleanup.policy", "compact",
          "segment.bytes", Integer.toString(64 << 20),
          "min.cleanable.dirty.ratio", "0.5");

  private final EmbeddingStore.Settings settings;
  private Map<String, String> logConfig = CHANGELOG;
  private boolean logged = true;

  public EmbeddingStoreBuilder(EmbeddingStore.Settings settings) {
    this.settings = settings;
  }

  @Override
  public EmbeddingStore build() {
    var rocks = new ConcurrentRocksDb(NAME);
    StoreBuilder<KeyValueStore<Bytes, byte[]>> layers =
        Stores.keyValueStoreBuilder(new One(rocks), Serdes.Bytes(), Serdes.ByteArray())
            .withCachingDisabled();
    KeyValueStore<Bytes, byte[]> store =
        (logged ? layers.withLoggingEnabled(logConfig) : layers.withLoggingDisabled()).build();
    return new EmbeddingStore(store, rocks, settings);
  }

  /** Gives Kafka Streams the one store to build its layers around. */
  private record One(ConcurrentRocksDb store) implements KeyValueBytesStoreSupplier {
    @Override
    public String name() {
      return store.name();
    }

    @Override
    public KeyValueStore<Bytes, byte[]> get() {
      return store;
    }

    @Override
    public String metricsScope() {
      return ConcurrentRocksDb.METRICS_SCOPE;
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, String> logConfig() {
    return logConfig;
  }

  @Override
  public boolean loggingEnabled() {
    return logged;
  }

  @Override
  public StoreBuilder<EmbeddingStore> withCachingEnabled() {
    return this;
  }

  @Override
  public StoreBuilder<EmbeddingStore> withCachingDisabled() {
    return this;
  }

  @Override
  public StoreBuilder<EmbeddingStore> withLoggingEnabled(Map<String, String> config) {
    logged = true;
    logConfig = Map.copyOf(config);
    return this;
  }

  @Override
  public StoreBuilder<EmbeddingStore> withLoggingDisabled() {
    logged = false;
    logConfig = Map.of();
    return this;
  }
}
