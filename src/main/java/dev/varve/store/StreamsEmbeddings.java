package dev.varve.store;

import dev.varve.event.Category;
import dev.varve.schema.Explanation;
import dev.varve.table.ClosedRowsException;
import dev.varve.table.RowKeys;
import dev.varve.table.RowMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.LagInfo;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.QueryableStoreType;
import org.apache.kafka.streams.state.internals.StateStoreProvider;
import org.jspecify.annotations.Nullable;

/**
 * The shards of this process, found through Kafka Streams' interactive queries. What {@link
 * Embeddings} asks only running active tasks answer; copies are asked as such.
 *
 * <p><b>Threads:</b> any.
 */
public final class StreamsEmbeddings implements Embeddings {
  /**
   * A segment of the log, which is not compacted while it is the newest, has some times as many.
   */
  private static final long MOST_COPY_RECORDS = 100_000;

  private static final ShardType TYPE = new ShardType();
  private static final ThreadLocal<VectorLookup> LOOKUPS =
      ThreadLocal.withInitial(VectorLookup::new);

  private final KafkaStreams streams;
  private final int shards;
  private final Bases bases;
  private final String topic;
  private final AtomicReferenceArray<@Nullable EmbeddingStore> open;

  /** Of each shard, how many records of the log its copy here has not read. */
  private final AtomicLongArray copyRecords;

  /** Noted once somebody measures it, which a process that is alone need not. */
  private final AtomicReference<@Nullable Contact> contact = new AtomicReference<>();

  private final Duration session;

  /**
   * @param streams the application that holds the shards
   * @param topic whose partitions are the shards' logs of updates
   * @param session how long the brokers wait for a heartbeat of this process
   */
  public StreamsEmbeddings(
      KafkaStreams streams, String topic, int shards, Duration session, Bases bases) {
    this.streams = streams;
    this.session = session;
    this.topic = topic;
    this.shards = shards;
    this.bases = bases;
    this.open = new AtomicReferenceArray<>(shards);
    this.copyRecords = new AtomicLongArray(shards);
    for (int shard = 0; shard < shards; shard++) {
      copyRecords.set(shard, Long.MAX_VALUE);
    }
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
  public boolean mayWait() {
    return false;
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
      if (has(shard)) {
        memory = memory.plus(summary(shard).memory());
      }
    }
    return memory;
  }

  @Override
  public RocksDbUse rocksDbUse() {
    RocksDbUse use = RocksDbUse.NONE;
    for (int shard = 0; shard < shards; shard++) {
      if (has(shard)) {
        use = use.plus(rocksDbUse(shard));
      }
    }
    return use;
  }

  private RocksDbUse rocksDbUse(int shard) {
    EmbeddingStore store = store(shard);
    try {
      return store.rocksDbUse();
    } catch (InvalidStateStoreException e) {
      throw new ShardUnavailableException(shard, "closing");
    }
  }

  @Override
  public SortedMap<String, TableSummary> tables() {
    var tables = new TreeMap<String, TableSummary>();
    for (int shard = 0; shard < shards; shard++) {
      tables(shard).forEach((name, size) -> tables.merge(name, size, TableSummary::plus));
    }
    return Collections.unmodifiableSortedMap(tables);
  }

  /**
   * The tables of one shard.
   *
   * @throws ShardUnavailableException while the shard is not here
   */
  public SortedMap<String, TableSummary> tables(int shard) {
    return summary(shard).tables();
  }

  /** Where contact with the brokers is lost, the rows here are a copy, as old as that. */
  @Override
  public void lookup(String table, long[] keys, long mostLagMs, Vectors to) {
    long lostMs = outOfTouch().toMillis();
    if (lostMs > mostLagMs) {
      int shard = keys.length == 0 ? 0 : Category.shard(table, keys[0], shards);
      throw new ShardUnavailableException(
          shard,
          "perhaps elsewhere: no contact with Kafka for %d ms, max_staleness_ms is %d"
              .formatted(lostMs, mostLagMs));
    }
    to.readBehind(lostMs);
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

  // -- one shard at a time

  /** Whether this instance owns a shard and can read it. */
  public boolean has(int shard) {
    try {
      progress(shard);
      return true;
    } catch (ShardUnavailableException e) {
      return false;
    }
  }

  /**
   * For each trainer the end offset of its newest update batch that the shard's rows contain.
   *
   * @throws ShardUnavailableException while the shard is not here
   */
  public Map<Integer, Long> applied(int shard) {
    return ask(shard, Shard::applied);
  }

  /**
   * The same for one trainer; 0 before its first.
   *
   * @throws ShardUnavailableException while the shard is not here
   */
  public long applied(int shard, int trainer) {
    return ask(shard, of -> of.applied(trainer));
  }

  /**
   * As {@link dev.varve.learn.Rows#read}, now or not at all.
   *
   * @throws ShardUnavailableException while the shard is not here
   */
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
    read(
        shard,
        rows -> lookup.states(rows, keys, atMs, states, width, dimensions, found, popularities));
  }

  // -- among other instances

  /** How long this process has had no contact with the brokers; 0 while it has. */
  public Duration outOfTouch() {
    Contact of = contact.get();
    return of == null ? Duration.ZERO : of.lost(System.nanoTime());
  }

  /**
   * Measures how long ago heartbeats were sent; to be called several times a second.
   *
   * <p><b>Threads:</b> one.
   */
  public void measureContact() {
    long now = System.nanoTime();
    Contact of = contact.get();
    if (of == null) {
      of = new Contact(session, now);
      contact.set(of);
    }
    of.note(heartbeatAgo(), now);
  }

  private Duration heartbeatAgo() {
    double seconds =
        streams.metrics().entrySet().stream()
            .filter(it -> it.getKey().name().equals("last-heartbeat-seconds-ago"))
            .mapToDouble(it -> (Double) it.getValue().metricValue())
            .max()
            .orElse(0);
    return Duration.ofMillis((long) (1000 * Math.max(0, seconds)));
  }

  /** Shards that can be read here now, owned ones and copies. */
  public List<ShardNews> news() {
    List<ShardNews> news = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      try {
        if (has(shard)) {
          news.add(new ShardNews(shard, false, progress(shard), summary(shard).tables()));
        } else {
          news.add(new ShardNews(shard, true, copy(shard).progress(), new TreeMap<>()));
        }
      } catch (ShardUnavailableException | InvalidStateStoreException e) {
        // Neither of both: others may have it.
      }
    }
    return news;
  }

  /**
   * Looks up vectors in the copy of a shard.
   *
   * @param keys categories of this shard alone
   * @return newest event time that the copy contains, at least
   * @throws ShardUnavailableException while there is no copy here that can be read
   */
  public long lookupCopy(int shard, String table, long[] keys, Vectors to) {
    try {
      return copy(shard).vectors(table, keys, bases.of(table), to);
    } catch (InvalidStateStoreException e) {
      throw new ShardUnavailableException(shard, "a copy that is closing");
    }
  }

  private ShardCopy copy(int shard) {
    if (copyRecords.get(shard) > MOST_COPY_RECORDS) {
      throw new ShardUnavailableException(shard, "a copy that is far behind");
    }
    return find(shard, true).copy();
  }

  /**
   * Measures how far behind its log each copy is; until then none is read. What is further behind
   * than the part of the log that is not compacted may lack rows instead of having older ones.
   *
   * <p><b>Threads:</b> one. Asks the brokers.
   */
  public void measureCopies() {
    Map<Integer, LagInfo> lags = lags();
    for (int shard = 0; shard < shards; shard++) {
      LagInfo lag = lags.get(shard);
      copyRecords.set(shard, lag == null ? Long.MAX_VALUE : lag.offsetLag());
    }
  }

  private Map<Integer, LagInfo> lags() {
    try {
      return streams
          .allLocalStorePartitionLags()
          .getOrDefault(EmbeddingStoreBuilder.NAME, Map.of());
    } catch (StreamsException | IllegalStateException e) {
      // The brokers did not say, or the application is not running.
      return Map.of();
    }
  }

  /** Where the shards are, as the instances have agreed; empty while this one has not heard. */
  public List<ShardPlace> places() {
    String[] owners = new String[shards];
    Arrays.fill(owners, "");
    List<List<String>> copies = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      copies.add(new ArrayList<>());
    }
    for (StreamsMetadata instance : instances()) {
      String address = instance.host() + ":" + instance.port();
      instance.topicPartitions().stream()
          .filter(partition -> partition.topic().equals(topic))
          .forEach(partition -> owners[partition.partition()] = address);
      instance.standbyTopicPartitions().stream()
          .filter(partition -> partition.topic().equals(topic))
          .forEach(partition -> copies.get(partition.partition()).add(address));
    }
    List<ShardPlace> places = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      places.add(new ShardPlace(shard, owners[shard], copies.get(shard)));
    }
    return places;
  }

  private Collection<StreamsMetadata> instances() {
    try {
      return streams.streamsMetadataForStore(EmbeddingStoreBuilder.NAME);
    } catch (IllegalStateException e) {
      return List.of();
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

  /**
   * How far a shard is.
   *
   * @throws ShardUnavailableException while the shard is not here
   */
  public ShardProgress progress(int shard) {
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
      store = find(shard, false);
      open.set(shard, store);
    }
    return store;
  }

  private EmbeddingStore find(int shard, boolean isCopy) {
    try {
      var query =
          StoreQueryParameters.fromNameAndType(EmbeddingStoreBuilder.NAME, TYPE)
              .withPartition(shard);
      return streams.store(isCopy ? query.enableStaleStores() : query);
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
