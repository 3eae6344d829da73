package dev.varve.cluster;

import dev.varve.schema.ReadRowsReply;
import dev.varve.schema.ReadRowsRequest;
import dev.varve.schema.RowsOfTable;
import dev.varve.table.RowKeys;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What trainers read of shards that another instance owns.
 *
 * <p><b>Threads:</b> any.
 */
final class RemoteRows {
  /**
   * A trainer asks for all trainers one after the other, before it reads; what is told of one is
   * told of all. No older than an answer usually is.
   */
  private static final Duration APPLIED_VALID = Duration.ofMillis(2);

  /** What a shard was said to have applied. */
  private record Applied(Map<Integer, Long> endOffsets, long ns) {}

  private final Map<Integer, Applied> applied = new ConcurrentHashMap<>();

  /** As {@link dev.varve.learn.Rows#applied}, asked of an instance. */
  long applied(Peer peer, int shard, int trainer) {
    Applied last = applied.get(shard);
    if (last == null || System.nanoTime() - last.ns > APPLIED_VALID.toNanos()) {
      last = new Applied(peer.applied(shard).getEndOffsetsMap(), System.nanoTime());
      applied.put(shard, last);
    }
    return last.endOffsets.getOrDefault(trainer, 0L);
  }

  /** As {@link dev.varve.learn.Rows#read}, asked of an instance. */
  static void read(
      Peer peer,
      int shard,
      RowKeys keys,
      long atMs,
      float[] states,
      int width,
      int[] dimensions,
      int[] found,
      float[] popularities) {
    int n = keys.size();
    ReadRowsReply reply = peer.rows(request(shard, keys, atMs, width));
    Floats.unpack(reply.getStates(), states, n * width);
    for (int i = 0; i < n; i++) {
      dimensions[i] = reply.getDimensions(i);
      found[i] = reply.getFound(i);
      popularities[i] = reply.getPopularities(i);
    }
  }

  private static ReadRowsRequest request(int shard, RowKeys keys, long atMs, int width) {
    var request = ReadRowsRequest.newBuilder().setShard(shard).setAtMs(atMs).setWidth(width);
    for (int i = 0; i < keys.size(); ) {
      String table = keys.table(i);
      var rows = RowsOfTable.newBuilder().setTable(table);
      for (; i < keys.size() && keys.table(i).equals(table); i++) {
        rows.addKeys(keys.category(i))
            .addUnderway(keys.underway(i))
            .addOccurrences(keys.occurrences(i));
      }
      request.addTables(rows);
    }
    return request.build();
  }
}
