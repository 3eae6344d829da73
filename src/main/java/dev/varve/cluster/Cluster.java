package dev.varve.cluster;

import dev.varve.event.Category;
import dev.varve.learn.Rows;
import dev.varve.schema.Explanation;
import dev.varve.store.Embeddings;
import dev.varve.store.RocksDbUse;
import dev.varve.store.ShardNews;
import dev.varve.store.ShardProgress;
import dev.varve.store.ShardUnavailableException;
import dev.varve.store.StreamsEmbeddings;
import dev.varve.store.TableSummary;
import dev.varve.store.Vectors;
import dev.varve.table.RowKeys;
import dev.varve.table.RowMemory;
import io.grpc.BindableService;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * The shards of all instances. What this one owns is read here; for the rest its owner is asked,
 * and a copy while the owner is not to be reached.
 *
 * <p>What is said of shards elsewhere (examples, tables, watermark) is a quarter of a second old at
 * most while they answer.
 *
 * <p><b>Threads:</b> any; where {@link #mayWait} no event loop.
 */
public final class Cluster implements Embeddings, Rows, AutoCloseable {
  private static final Duration POLL_HERE = Duration.ofMillis(2);
  private static final Duration POLL_ELSEWHERE = Duration.ofMillis(20);

  /** Above the largest lookup: a million ids of 64 dimensions. */
  private static final int LARGEST_ANSWER = 1 << 29;

  private final StreamsEmbeddings own;
  private final int shards;
  private final String address;
  private final Duration longestWait;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          Runtime.getRuntime().availableProcessors(),
          Thread.ofPlatform().daemon().name("shards-", 0).factory());
  private final Peers peers;
  private final News news;
  private final RemoteRows remote;

  /**
   * @param own the shards of this instance
   * @param access how this instance and others reach each other
   * @param longestWait how long a trainer's read waits for a shard
   */
  public Cluster(StreamsEmbeddings own, int shards, PeerAccess access, Duration longestWait) {
    this.own = own;
    this.shards = shards;
    this.address = access.address();
    this.longestWait = longestWait;
    this.peers = new Peers(access, LARGEST_ANSWER);
    this.news = new News(own, peers, access);
    this.remote = new RemoteRows();
  }

  /** Begins to listen for other instances, where there may be any. */
  public void start() {
    if (!address.isEmpty()) {
      news.start();
    }
  }

  /** What answers other instances; to be served on the gRPC port. */
  public BindableService service() {
    return new ShardService(own, threads);
  }

  // -- Embeddings: answer now or not at all

  @Override
  public boolean mayWait() {
    return !news.isAlone();
  }

  @Override
  public boolean ready() {
    for (int shard = 0; shard < shards; shard++) {
      if (!own.has(shard) && (news.isAlone() || !news.isThere(shard))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int dimension() {
    return own.dimension();
  }

  @Override
  public long layoutVersion() {
    return largest(ShardProgress::layoutVersion);
  }

  @Override
  public long watermarkMs() {
    return largest(ShardProgress::watermarkMs);
  }

  @Override
  public long examples() {
    return sum(ShardProgress::examples);
  }

  @Override
  public long refusedGradients() {
    return sum(ShardProgress::refusedGradients);
  }

  private long largest(ToLongFunction<ShardProgress> of) {
    long largest = 0;
    for (int shard = 0; shard < shards; shard++) {
      largest = Math.max(largest, of.applyAsLong(progress(shard)));
    }
    return largest;
  }

  private long sum(ToLongFunction<ShardProgress> of) {
    long sum = 0;
    for (int shard = 0; shard < shards; shard++) {
      sum += of.applyAsLong(progress(shard));
    }
    return sum;
  }

  private ShardProgress progress(int shard) {
    try {
      return own.progress(shard);
    } catch (ShardUnavailableException e) {
      return elsewhere(shard, e).progress();
    }
  }

  private ShardNews elsewhere(int shard, ShardUnavailableException here) {
    if (news.isAlone()) {
      throw here;
    }
    return news.of(shard);
  }

  @Override
  public SortedMap<String, TableSummary> tables() {
    var tables = new TreeMap<String, TableSummary>();
    for (int shard = 0; shard < shards; shard++) {
      tablesOf(shard).forEach((name, size) -> tables.merge(name, size, TableSummary::plus));
    }
    return Collections.unmodifiableSortedMap(tables);
  }

  private SortedMap<String, TableSummary> tablesOf(int shard) {
    try {
      return own.tables(shard);
    } catch (ShardUnavailableException e) {
      return elsewhere(shard, e).tables();
    }
  }

  @Override
  public RowMemory memory() {
    return own.memory();
  }

  @Override
  public RocksDbUse rocksDbUse() {
    return own.rocksDbUse();
  }

  @Override
  public void lookup(String table, long[] keys, long mostLagMs, Vectors to) {
    if (news.isAlone()) {
      own.lookup(table, keys, mostLagMs, to);
    } else {
      new SplitLookup(own, peers, news, address, table, keys, mostLagMs, to).run(shards);
    }
  }

  /**
   * What is known of a category.
   *
   * @throws ShardUnavailableException while its shard is starting or moving
   */
  public Explanation explain(String table, String id) {
    int shard = Category.shard(table, Category.key(id), shards);
    return at(shard, () -> own.explain(table, id), peer -> peer.explain(table, id));
  }

  // -- Rows: wait a while

  @Override
  public long applied(int shard, int trainer) {
    return waitFor(
        () ->
            at(
                shard,
                () -> own.applied(shard, trainer),
                peer -> remote.applied(peer, shard, trainer)));
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
    waitFor(
        () ->
            at(
                shard,
                () -> {
                  own.read(shard, keys, atMs, states, width, dimensions, found, popularities);
                  return true;
                },
                peer -> {
                  RemoteRows.read(
                      peer, shard, keys, atMs, states, width, dimensions, found, popularities);
                  return true;
                }));
  }

  private <T> T waitFor(Supplier<T> read) {
    long deadline = System.nanoTime() + longestWait.toNanos();
    while (true) {
      try {
        return read.get();
      } catch (ShardUnavailableException e) {
        if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        LockSupport.parkNanos((news.isAlone() ? POLL_HERE : POLL_ELSEWHERE).toNanos());
      }
    }
  }

  /** What is asked of another instance. */
  @FunctionalInterface
  private interface Question<T> {
    T ask(Peer peer);
  }

  /** Asks whoever owns a shard. */
  private <T> T at(int shard, Supplier<T> here, Question<T> there) {
    try {
      return here.get();
    } catch (ShardUnavailableException e) {
      String owner = news.isAlone() ? "" : news.place(shard).owner();
      if (owner.isEmpty() || owner.equals(address)) {
        throw e;
      }
      try {
        return there.ask(peers.at(owner));
      } catch (PeerException unanswered) {
        throw new ShardUnavailableException(shard, String.valueOf(unanswered.getMessage()));
      }
    }
  }

  @Override
  public void close() {
    if (!address.isEmpty()) {
      news.close();
    }
    peers.close();
    threads.shutdown();
  }
}
