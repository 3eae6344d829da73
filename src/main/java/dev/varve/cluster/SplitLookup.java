package dev.varve.cluster;

import dev.varve.event.Category;
import dev.varve.schema.ReadVectorsReply;
import dev.varve.schema.ReadVectorsRequest;
import dev.varve.store.ShardPlace;
import dev.varve.store.ShardUnavailableException;
import dev.varve.store.StreamsEmbeddings;
import dev.varve.store.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;

/**
 * One lookup whose categories are in several instances: every owner is asked at once for what it
 * has; where one does not answer, copies are, shard by shard.
 *
 * <p><b>Threads:</b> one; not an event loop.
 */
final class SplitLookup {
  private final StreamsEmbeddings own;
  private final Peers peers;
  private final News news;
  private final String address;
  private final String table;
  private final long[] keys;
  private final long mostLagMs;
  private final Vectors to;

  SplitLookup(
      StreamsEmbeddings own,
      Peers peers,
      News news,
      String address,
      String table,
      long[] keys,
      long mostLagMs,
      Vectors to) {
    this.own = own;
    this.peers = peers;
    this.news = news;
    this.address = address;
    this.table = table;
    this.keys = keys;
    this.mostLagMs = mostLagMs;
    this.to = to;
  }

  /** Categories of one shard: where they stand in the request. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Part(int shard, int[] at) {}

  /** What one instance is asked for. */
  private record Asked(Peer peer, List<Part> parts, Future<ReadVectorsReply> answer) {}

  /**
   * Looks up everything.
   *
   * @throws ShardUnavailableException when a shard's owner does not answer, nor a copy that is new
   *     enough
   */
  void run(int shards) {
    List<Part> here = new ArrayList<>();
    Map<String, List<Part>> elsewhere = new TreeMap<>();
    List<Part> nowhere = new ArrayList<>();
    for (Part part : parts(shards)) {
      String owner = news.place(part.shard).owner();
      if (own.has(part.shard)) {
        here.add(part);
      } else if (owner.isEmpty() || owner.equals(address) || peers.at(owner).isSilent()) {
        nowhere.add(part);
      } else {
        elsewhere.computeIfAbsent(owner, _ -> new ArrayList<>()).add(part);
      }
    }
    List<Asked> asked = new ArrayList<>();
    elsewhere.forEach((owner, parts) -> asked.add(ask(peers.at(owner), parts)));
    nowhere.addAll(readHere(here, 0));
    for (Asked of : asked) {
      try {
        scatter(of.peer.await(of.answer), positions(of.parts));
      } catch (PeerException e) {
        nowhere.addAll(of.parts);
      }
    }
    if (!nowhere.isEmpty()) {
      news.refreshPlaces();
      nowhere.forEach(this::readAnywhere);
    }
  }

  private List<Part> parts(int shards) {
    int[] shardOf = new int[keys.length];
    int[] sizes = new int[shards];
    for (int i = 0; i < keys.length; i++) {
      shardOf[i] = Category.shard(table, keys[i], shards);
      sizes[shardOf[i]]++;
    }
    int[][] at = new int[shards][];
    Arrays.setAll(at, shard -> new int[sizes[shard]]);
    int[] filled = new int[shards];
    for (int i = 0; i < keys.length; i++) {
      at[shardOf[i]][filled[shardOf[i]]++] = i;
    }
    List<Part> parts = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      if (sizes[shard] > 0) {
        parts.add(new Part(shard, at[shard]));
      }
    }
    return parts;
  }

  private Vectors room(int n) {
    return new Vectors(n, to.width(), to.timesMs() != null);
  }

  private static int[] positions(List<Part> parts) {
    return parts.stream().flatMapToInt(part -> Arrays.stream(part.at)).toArray();
  }

  private long[] keys(int[] at) {
    long[] of = new long[at.length];
    Arrays.setAll(of, i -> keys[at[i]]);
    return of;
  }

  /** Gives what has moved away just now, or may have. */
  private List<Part> readHere(List<Part> parts, long lagMs) {
    if (parts.isEmpty()) {
      return parts;
    }
    int[] at = positions(parts);
    var found = room(at.length);
    try {
      own.lookup(table, keys(at), lagMs, found);
    } catch (ShardUnavailableException e) {
      return parts;
    }
    to.readBehind(found.lagMs());
    scatter(found, at);
    return List.of();
  }

  private Asked ask(Peer peer, List<Part> parts) {
    return new Asked(peer, parts, peer.vectors(request(positions(parts)).build()));
  }

  private ReadVectorsRequest.Builder request(int[] at) {
    var request =
        ReadVectorsRequest.newBuilder()
            .setTable(table)
            .setWidth(to.width())
            .setTimes(to.timesMs() != null);
    for (int i : at) {
      request.addKeys(keys[i]);
    }
    return request;
  }

  /**
   * An owner that is new, this instance where it was the owner and has lost contact, the copy that
   * is here, those of others; in this order.
   */
  private void readAnywhere(Part part) {
    ShardPlace place = news.place(part.shard);
    String why = why(place.owner());
    if (own.has(part.shard) && readHere(List.of(part), 0).isEmpty()) {
      return;
    }
    if (!place.owner().isEmpty() && !place.owner().equals(address)) {
      Peer owner = peers.at(place.owner());
      if (!owner.isSilent() && isRead(owner, part)) {
        return;
      }
    }
    if (mostLagMs <= 0) {
      throw new ShardUnavailableException(part.shard, why + ", and no copy is asked for");
    }
    if (own.has(part.shard) && readHere(List.of(part), mostLagMs).isEmpty()) {
      return;
    }
    try {
      long lagMs = readCopyHere(part);
      if (lagMs <= mostLagMs) {
        return;
      }
      why = behind(lagMs);
    } catch (ShardUnavailableException e) {
      // Another may have one.
    }
    for (String copy : place.copies()) {
      if (!copy.equals(address) && !peers.at(copy).isSilent()) {
        try {
          long lagMs = readCopy(peers.at(copy), part);
          if (lagMs <= mostLagMs) {
            return;
          }
          why = behind(lagMs);
        } catch (PeerException e) {
          // The next may answer.
        }
      }
    }
    throw new ShardUnavailableException(part.shard, why);
  }

  private String why(String owner) {
    if (owner.isEmpty()) {
      return "without an owner";
    }
    if (owner.equals(address)) {
      long lostMs = own.outOfTouch().toMillis();
      return lostMs == 0 ? "on its way here" : "no contact with Kafka for %d ms".formatted(lostMs);
    }
    return "its owner " + owner + " does not answer";
  }

  private String behind(long lagMs) {
    return "a copy %d ms behind, max_staleness_ms is %d".formatted(lagMs, mostLagMs);
  }

  private boolean isRead(Peer peer, Part part) {
    try {
      scatter(peer.await(ask(peer, List.of(part)).answer), part.at);
      return true;
    } catch (PeerException e) {
      return false;
    }
  }

  private long readCopyHere(Part part) {
    var found = room(part.at.length);
    long watermarkMs = own.lookupCopy(part.shard, table, keys(part.at), found);
    return take(watermarkMs, () -> scatter(found, part.at));
  }

  private long readCopy(Peer peer, Part part) {
    var request = request(part.at).setCopy(true).setShard(part.shard).build();
    ReadVectorsReply reply = peer.await(peer.vectors(request));
    return take(reply.getWatermarkMs(), () -> scatter(reply, part.at));
  }

  private long take(long watermarkMs, Runnable scatter) {
    long lagMs = Math.max(0, news.newestMs() - watermarkMs);
    if (lagMs <= mostLagMs) {
      to.readBehind(lagMs);
      scatter.run();
    }
    return lagMs;
  }

  private void scatter(Vectors found, int[] at) {
    for (int i = 0; i < at.length; i++) {
      System.arraycopy(
          found.vectors(), i * to.width(), to.vectors(), at[i] * to.width(), to.width());
      to.statuses()[at[i]] = found.statuses()[i];
      to.dimensions()[at[i]] = found.dimensions()[i];
    }
    long[] timesMs = to.timesMs();
    long[] foundMs = found.timesMs();
    for (int i = 0; timesMs != null && foundMs != null && i < at.length; i++) {
      timesMs[at[i]] = foundMs[i];
    }
  }

  private void scatter(ReadVectorsReply reply, int[] at) {
    var found = room(at.length);
    Floats.unpack(reply.getVectors(), found.vectors(), at.length * to.width());
    reply.getStatuses().copyTo(found.statuses(), 0);
    for (int i = 0; i < at.length; i++) {
      found.dimensions()[i] = reply.getDimensions(i);
    }
    long[] timesMs = found.timesMs();
    for (int i = 0; timesMs != null && i < at.length; i++) {
      timesMs[i] = reply.getTimesMs(i);
    }
    scatter(found, at);
  }
}
