package dev.varve.store;

import dev.varve.event.Category;
import dev.varve.learn.Rows;
import dev.varve.schema.Explanation;
import dev.varve.table.ClosedRowsException;
import dev.varve.table.RowKeys;
import dev.varve.table.RowMemory;
import java.time.Duration;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.QueryableStoreType;
import org.apache.kafka.streams.state.internals.StateStoreProvider;
import org.jspecify.annotations.Nullable;

/**
 * The shards of this process, found through Kafka Streams' interactive queries. Only running active
 * tasks answer: a restoring copy would call rows unknown that it has not read yet.
 *
 * <p><b>Threads:</b> any.
 */
public final class StreamsEmbeddings implements Embeddings, Rows {
  private static final Duration POLL = Duration.ofMillis(2);
  private static final ShardType TYPE = new ShardType();
  private static final ThreadLocal<VectorLookup> LOOKUPS =
      ThreadLocal.withInitial(VectorLookup::new);

  private final KafkaStreams streams;
  private final int shards;
  private final Bases bases;
  private final Duration longestWait;
  private final AtomicReferenceArray<@Nullable EmbeddingStore> open;

  /**
   * @param streams the application that holds the shards
   * @param longestWait how long a trainer's read waits for a shard
   */
  public StreamsEmbeddings(KafkaStreams streams, int shards, Bases bases, Duration longestWait) {
    this.streams = streams;
    this.shards = shards;
    this.bases = bases;
    this.longestWait = longestWait;
    this.open = new AtomicReferenceArray<>(shards);
  }

  // -- Embeddings: answer now or not at all

  @Override
  public boolean ready() {
    try {
      for (int shard = 0; shard < shards; shard++) {
        progress(shard);
      }
      return true;
    } catch (ShardUnavailableException e) {
      return false;
    }
  }

  @Override
  public int dimension() {
    return bases.width();
  }

  @Override
  public long layoutVersion() {
    return largest(ShardProgress::layoutVersion);
  }

  /**
   * Newest layout that lookups see every row of every shard follow.
   *
   * @throws ShardUnavailableException while a shard is starting or moving
   */
  public long servedVersion() {
    return least(Shard::servedVersion);
  }

  /**
   * Newest layout that every row of every shard follows, on disk too.
   *
   * @throws ShardUnavailableException while a shard is starting or moving
   */
  public long sweptVersion() {
    return least(Shard::sweptVersion);
  }

  private long least(Function<Shard, Long> version) {
    long least = Long.MAX_VALUE;
    for (int shard = 0; shard < shards; shard++) {
      least = Math.min(least, ask(shard, version));
    }
    return least;
  }

  @Override
  public long watermarkMs() {
    return largest(ShardProgress::watermarkMs);
  }

  private long largest(ToLongFunction<ShardProgress> of) {
    long largest = 0;
    for (int shard = 0; shard < shards; shard++) {
      largest = Math.max(largest, of.applyAsLong(progress(shard)));
    }
    return largest;
  }

  @Override
  public long examples() {
    return sum(ShardProgress::examples);
  }

  @Override
  public long refusedGradients() {
    return sum(ShardProgress::refusedGradients);
  }

  private long sum(ToLongFunction<ShardProgress> of) {
    long sum = 0;
    for (int shard = 0; shard < shards; shard++) {
      sum += of.applyAsLong(progress(shard));
    }
    return sum;
  }

  @Override
  public RowMemory memory() {
    RowMemory memory = RowMemory.NONE;
    for (int shard = 0; shard < shards; shard++) {
      memory = memory.plus(summary(shard).memory());
    }
    return memory;
  }

  @Override
  public RocksDbUse rocksDbUse() {
    RocksDbUse use = RocksDbUse.NONE;
    for (int shard = 0; shard < shards; shard++) {
      EmbeddingStore store = store(shard);
      try {
        use = use.plus(store.rocksDbUse());
      } catch (InvalidStateStoreException e) {
        throw new ShardUnavailableException(shard, "closing");
      }
    }
    return use;
  }

  @Override
  public SortedMap<String, TableSummary> tables() {
    var tables = new TreeMap<String, TableSummary>();
    for (int shard = 0; shard < shards; shard++) {
      summary(shard).tables().forEach((name, size) -> tables.merge(name, size, TableSummary::plus));
    }
    return Collections.unmodifiableSortedMap(tables);
  }

  @Override
  public void lookup(String table, long[] keys, long mostLagMs, Vectors to) {
    LOOKUPS.get().lookup(table, keys, shards, this::read, bases.of(table), to);
  }

  /**
   * What is known of a category.
   *
   * @throws ShardUnavailableException while its shard is starting or moving
   */
  public Explanation explain(String table, String id) {
    long key = Category.key(id);
    int shard = Category.shard(table, key, shards);
    Explanation told = ask(shard, of -> of.explain(table, key));
    return told.toBuilder().setId(id).setShard(shard).build();
  }

  // -- Rows: wait a while

  @Override
  public long applied(int shard, int trainer) {
    return Objects.requireNonNull(waitFor(() -> ask(shard, of -> of.applied(trainer))));
  }

  @Override
  public void read(
      int shard,
      RowKeys keys,
      long atMs,
      float[] states,
      int width,
      int[] dimensions,
      int[] found,
      float[] popularities) {
    ShardLookup lookup = LOOKUPS.get().rows();
    waitFor(
        () ->
            read(
                shard,
                rows ->
                    lookup.states(
                        rows, keys, atMs, states, width, dimensions, found, popularities)));
  }

  /** A read that may find the shard unavailable. */
  @FunctionalInterface
  private interface Read<T> {
    @Nullable T now();
  }

  private <T> @Nullable T waitFor(Read<T> read) {
    long deadline = System.nanoTime() + longestWait.toNanos();
    while (true) {
      try {
        return read.now();
      } catch (ShardUnavailableException e) {
        if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
  }

  // -- the shards

  private boolean read(int shard, Consumer<Shard> read) {
    EmbeddingStore store = store(shard);
    try {
      read.accept(store.shard());
      return true;
    } catch (InvalidStateStoreException | ClosedRowsException e) {
      throw new ShardUnavailableException(shard, "closing");
    }
  }

  private ShardProgress progress(int shard) {
    return ask(shard, Shard::progress);
  }

  private ShardSummary summary(int shard) {
    return ask(shard, Shard::summary);
  }

  private <T> T ask(int shard, Function<Shard, T> question) {
    EmbeddingStore store = store(shard);
    try {
      return question.apply(store.shard());
    } catch (InvalidStateStoreException e) {
      throw new ShardUnavailableException(shard, "closing");
    }
  }

  private EmbeddingStore store(int shard) {
    EmbeddingStore store = open.get(shard);
    if (store == null || !store.isOpen()) {
      store = find(shard);
      open.set(shard, store);
    }
    return store;
  }

  private EmbeddingStore find(int shard) {
    try {
      return streams.store(
          StoreQueryParameters.fromNameAndType(EmbeddingStoreBuilder.NAME, TYPE)
              .withPartition(shard));
    } catch (InvalidStateStoreException | IllegalStateException e) {
      // The second: the whole application has failed or is stopping.
      throw new ShardUnavailableException(shard, "not running");
    }
  }

  private static final class ShardType implements QueryableStoreType<EmbeddingStore> {
    @Override
    public boolean accepts(StateStore stateStore) {
      return stateStore instanceof EmbeddingStore;
    }

    @Override
    public EmbeddingStore create(StateStoreProvider storeProvider, String storeName) {
      return storeProvider.stores(storeName, this).stream()
          .findFirst()
          .orElseThrow(() -> new InvalidStateStoreException("store " + storeName + ": not here"));
    }
  }
}
