package dev.varve.store;

import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
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
   * Compact early and in small segments: after a crash the whole changelog is read again, so what
   * is superseded in it is waiting time.
   */
  private static final Map<String, String> CHANGELOG =
      Map.of(
          "cleanup.policy", "compact",
          "segment.bytes", Integer.toString(64 << 20),
          "min.cleanable.dirty.ratio", "0.3");

  private final StoreBuilder<KeyValueStore<Bytes, byte[]>> inner;
  private final EmbeddingStore.Settings settings;

  public EmbeddingStoreBuilder(EmbeddingStore.Settings settings) {
    this.settings = settings;
    this.inner =
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(NAME), Serdes.Bytes(), Serdes.ByteArray())
            .withCachingDisabled()
            .withLoggingEnabled(CHANGELOG);
  }

  @Override
  public EmbeddingStore build() {
    return new EmbeddingStore(inner.build(), settings);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, String> logConfig() {
    return inner.logConfig();
  }

  @Override
  public boolean loggingEnabled() {
    return inner.loggingEnabled();
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
    inner.withLoggingEnabled(config);
    return this;
  }

  @Override
  public StoreBuilder<EmbeddingStore> withLoggingDisabled() {
    inner.withLoggingDisabled();
    return this;
  }
}
