package dev.varve.cluster;

import dev.varve.schema.ReadNewsReply;
import dev.varve.store.ShardNews;
import dev.varve.store.ShardPlace;
import dev.varve.store.ShardUnavailableException;
import dev.varve.store.StreamsEmbeddings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What other instances say of their shards, asked for four times a second, so that nobody who wants
 * a vector waits for it; and who has which shard.
 *
 * <p><b>Threads:</b> one of its own asks; the answers are for any.
 */
final class News implements AutoCloseable {
  private static final Duration EVERY = Duration.ofMillis(250);
  private static final Duration MEASURE_EVERY = Duration.ofSeconds(1);

  /** Who has said nothing for so long does not have it any more. */
  private static final Duration LONGEST_VALID = Duration.ofSeconds(5);

  /** What was said of a shard, and when. */
  private record Said(ShardNews news, long ns) {}

  private final StreamsEmbeddings own;
  private final Peers peers;
  private final PeerAccess access;
  private final String address;
  private final Map<Integer, Said> said = new HashMap<>();
  private final Thread thread;
  private volatile List<ShardPlace> places = List.of();
  private volatile boolean alone = true;
  private volatile boolean stopped;
  private long newestMs;
  private long measuredNs = System.nanoTime() - MEASURE_EVERY.toNanos();

  News(StreamsEmbeddings own, Peers peers, PeerAccess access) {
    this.own = own;
    this.peers = peers;
    this.access = access;
    this.address = access.address();
    this.thread = Thread.ofPlatform().name("news").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Whether no other instance has a shard. */
  boolean isAlone() {
    return alone;
  }

  /** Who has a shard, as far as this instance has heard. */
  ShardPlace place(int shard) {
    List<ShardPlace> known = places;
    return shard < known.size() ? known.get(shard) : new ShardPlace(shard, "", List.of());
  }

  /**
   * Asks this instance's own application anew: after an answer that says that a shard has moved.
   */
  void refreshPlaces() {
    List<ShardPlace> known = own.places();
    places = known;
    alone =
        known.stream()
            .allMatch(
                place ->
                    (place.owner().isEmpty() || place.owner().equals(address))
                        && place.copies().stream().allMatch(address::equals));
  }

  /**
   * The last that is known of a shard: of its owner, if that has said something lately, else of a
   * copy.
   *
   * @throws ShardUnavailableException when nothing was ever said
   */
  ShardNews of(int shard) {
    return said(shard).news;
  }

  /** Whether somebody has a shard, and has said so lately. */
  boolean isThere(int shard) {
    try {
      return System.nanoTime() - said(shard).ns < LONGEST_VALID.toNanos();
    } catch (ShardUnavailableException e) {
      return false;
    }
  }

  private synchronized Said said(int shard) {
    Said last = said.get(shard);
    if (last == null) {
      throw new ShardUnavailableException(shard, "not heard of");
    }
    return last;
  }

  /** Newest event time that any shard was ever said to have learned. */
  synchronized long newestMs() {
    return newestMs;
  }

  /** Takes note of an event time that was learned. */
  synchronized void learned(long watermarkMs) {
    newestMs = Math.max(newestMs, watermarkMs);
  }

  private void run() {
    while (!stopped) {
      own.measureContact();
      refreshPlaces();
      if (!alone) {
        if (System.nanoTime() - measuredNs >= MEASURE_EVERY.toNanos()) {
          own.measureCopies();
          access.check();
          measuredNs = System.nanoTime();
        }
        ask();
      }
      LockSupport.parkNanos(EVERY.toNanos());
    }
  }

  private void ask() {
    take(own.news());
    Map<Peer, Future<ReadNewsReply>> asked = new HashMap<>();
    for (String other : others()) {
      Peer peer = peers.at(other);
      asked.put(peer, peer.news());
    }
    asked.forEach(
        (peer, answer) -> {
          try {
            take(peer.await(answer).getShardsList().stream().map(NewsFormat::read).toList());
          } catch (PeerException e) {
            // It is marked as silent; what it said before counts for a while.
          }
        });
  }

  private Collection<String> others() {
    var others = new TreeSet<String>();
    for (ShardPlace place : places) {
      others.add(place.owner());
      others.addAll(place.copies());
    }
    others.remove(address);
    others.remove("");
    return new ArrayList<>(others);
  }

  private synchronized void take(Collection<ShardNews> news) {
    long now = System.nanoTime();
    for (ShardNews of : news) {
      newestMs = Math.max(newestMs, of.progress().watermarkMs());
      said.compute(of.shard(), (_, before) -> better(before, of, now));
    }
  }

  /** An owner's word counts for as long as it is valid. */
  private static Said better(@Nullable Said before, ShardNews news, long now) {
    boolean isBeforeValid = before != null && now - before.ns < LONGEST_VALID.toNanos();
    if (news.isCopy() && before != null && isBeforeValid && !before.news.isCopy()) {
      return before;
    }
    return new Said(news, now);
  }

  @Override
  public void close() {
    stopped = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
