package dev.varve.store;

import dev.varve.learn.Optimizer;
import dev.varve.schema.Census;
import dev.varve.schema.Decision;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * The embedding store as Kafka Streams sees it: {@link Shard} over Streams' own RocksDB store with
 * its changelog.
 *
 * <p><b>Commit:</b> {@link #flushCache} is the one call that Kafka Streams makes on the stream
 * thread <em>before</em> it commits the offsets, also under exactly-once; {@code commit} and {@code
 * flush} come after it, or not at all while the task runs. So changed rows are written back there:
 * to RocksDB and, in the same transaction as the offsets, to the changelog. Called while a task is
 * closed dirty, it writes into a transaction that is aborted.
 *
 * <p><b>Threads:</b> apply, census and the StateStore methods: the stream thread that owns the
 * task; {@link #shard} and {@link #rocksDbUse}: any.
 *
 * <p>{@code CachedStateStore} and {@code InternalProcessorContext} are internal to Kafka Streams;
 * this class, {@link CommitContext} and the commit hook of the topology are the only places that
 * use them, and tests hold what they rely on.
 */
public final class EmbeddingStore implements StateStore, CachedStateStore<Object, Object> {
  /** What every shard of a process is made with. */
  public record Settings(
      int dimension, Optimizer optimizer, Popularity decay, long cacheBytes, long sketchBytes) {}

  private final KeyValueStore<Bytes, byte[]> inner;
  private final ConcurrentRocksDb rocks;
  private final Settings settings;
  private volatile @Nullable InternalProcessorContext<?, ?> context;
  private volatile @Nullable Shard shard;
  private volatile @Nullable ShardCopy copy;
  private volatile @Nullable IllegalArgumentException refusal;

  /**
   * @param inner what Kafka Streams has built around {@code rocks}
   */
  EmbeddingStore(KeyValueStore<Bytes, byte[]> inner, ConcurrentRocksDb rocks, Settings settings) {
    this.inner = inner;
    this.rocks = rocks;
    this.settings = settings;
  }

  // -- the writer

  /**
   * Applies an update batch.
   *
   * @throws RefusedBatchException when the batch is malformed; nothing is changed
   */
  public void apply(UpdateBatch batch) {
    shard().apply(batch);
  }

  /**
   * What the shard decided since the last call: where in its log rows began to follow a layout or a
   * price. Is to be logged in the transaction of the commit that follows.
   */
  public List<Decision> takeDecisions() {
    return shard().takeDecisions();
  }

  /**
   * Brings rows that nothing touches to the newest layout.
   *
   * @param forNs how long it may take, nanoseconds
   * @return whether all follow it now
   */
  public boolean sweep(long forNs) {
    return shard().sweep(forNs);
  }

  /**
   * Whether what is stored does not fit the configuration: then nothing is done here, and whoever
   * asks for the shard is told why.
   */
  public boolean isRefused() {
    return refusal != null;
  }

  /** Whether all rows follow the newest layout. */
  public boolean isSwept() {
    return shard().isSwept();
  }

  /** Whether the sweep is at the rows in memory: that is soon done, and makes room for others. */
  public boolean isSweepInMemory() {
    return shard().isSweepInMemory();
  }

  /** Whether touched rows wait for room that a sweep may make. */
  public boolean isRoomAwaited() {
    return shard().isRoomAwaited();
  }

  /** Newest layout that reached the shard. */
  public long layoutVersion() {
    return shard().progress().layoutVersion();
  }

  /** Newest layout that every row followed at the last commit. */
  public long committedLayout() {
    return shard().sweptBelow();
  }

  /** Gradients refused since the shard was opened: out of bounds, counted as occurrences only. */
  public long refusedGradients() {
    return shard().refusedGradients();
  }

  /** The shard's census: rows and occurrences as they stand, the bins as of the last commit. */
  public Census census() {
    return shard().census();
  }

  /** Whether something changed since the last commit. */
  public boolean isDirty() {
    return shard().isDirty();
  }

  // -- readers

  /**
   * The shard, for a {@link ShardLookup}.
   *
   * @throws InvalidStateStoreException when it is not open
   */
  Shard shard() {
    IllegalArgumentException refused = refusal;
    if (refused != null) {
      throw refused;
    }
    Shard open = shard;
    if (open == null) {
      throw new InvalidStateStoreException("store " + name() + ": not open");
    }
    return open;
  }

  /**
   * The copy of a shard that another instance owns.
   *
   * @throws InvalidStateStoreException when there is none
   */
  ShardCopy copy() {
    InternalProcessorContext<?, ?> owner = context;
    if (owner == null || shard != null) {
      throw new InvalidStateStoreException("store " + name() + ": no copy");
    }
    ShardCopy known = copy;
    if (known == null) {
      known = new ShardCopy(owner.taskId().partition(), new RocksDbBelow(inner, rocks), settings);
      copy = known;
    }
    return known;
  }

  /** Disk and memory that the shard's RocksDB uses. */
  public RocksDbUse rocksDbUse() {
    return rocks.use();
  }

  // -- open and closed

  /** Opens the shard. Call from the processor's init: only then is the store restored. */
  public void open() {
    InternalProcessorContext<?, ?> owner = context;
    if (owner == null) {
      throw new IllegalStateException("store " + name() + ": opened before it was initialized");
    }
    if (shard == null) {
      try {
        shard = new Shard(owner.taskId().partition(), new RocksDbBelow(inner, rocks), settings);
      } catch (IllegalArgumentException e) {
        // What is configured does not fit what is stored. Another thread would fare no better, so
        // this one goes on, and whoever asks for the shard is told.
        refusal = e;
      }
    }
  }

  private void closeShard() {
    Shard open = shard;
    shard = null;
    if (open != null) {
      open.close();
    }
  }

  // -- Kafka Streams

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public void init(StateStoreContext stateStoreContext, StateStore root) {
    // Kafka Streams opens every local store once at start without a task behind it.
    context =
        stateStoreContext instanceof InternalProcessorContext<?, ?> internal ? internal : null;
    inner.init(stateStoreContext, root);
  }

  @Override
  public void flushCache() {
    Shard open = shard;
    InternalProcessorContext<?, ?> owner = context;
    if (open != null && owner != null) {
      CommitContext.run(owner, open::writeBack);
    }
  }

  /** The store below is about to be written by a changelog: forget what was read from it. */
  @Override
  public void clearCache() {
    copy = null;
    closeShard();
  }

  @Override
  public boolean setFlushListener(
      CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
    return false;
  }

  @Override
  public void commit(Map<TopicPartition, Long> changelogOffsets) {
    inner.commit(changelogOffsets);
  }

  @Override
  public @Nullable Long committedOffset(TopicPartition partition) {
    return inner.committedOffset(partition);
  }

  @Override
  @SuppressWarnings("deprecation") // deprecated for callers; a wrapper has to pass it on
  public boolean managesOffsets() {
    return inner.managesOffsets();
  }

  @Override
  public void close() {
    closeShard();
    inner.close();
  }

  @Override
  public boolean persistent() {
    return inner.persistent();
  }

  @Override
  public boolean isOpen() {
    return inner.isOpen();
  }
}
