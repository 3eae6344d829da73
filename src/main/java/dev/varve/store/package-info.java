/**
 * The embedding store of one shard, and the view of all shards that readers share.
 *
 * <p>{@link dev.varve.store.EmbeddingStore} is a Kafka Streams state store: rows in memory, RocksDB
 * below, written back once per commit. Its one writer is the stream thread that owns the shard;
 * everything that reads goes through {@link dev.varve.store.Embeddings}, from any thread.
 */
@NullMarked
package dev.varve.store;

import org.jspecify.annotations.NullMarked;
