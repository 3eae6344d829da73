package dev.varve.join;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The request ids whose windows are open, by event time, and the bytes of all that is kept.
 *
 * <p><b>Threads:</b> one.
 */
final class Deadlines {
  private static final class Bucket {
    /** Each id behind its length in two bytes. */
    byte[] ids = new byte[64];

    int used;
    long bytes;
  }

  private final long widthMs;
  private final TreeMap<Long, Bucket> buckets = new TreeMap<>();
  private long bytes;

  /**
   * @param widthMs event times so close together are closed together
   */
  Deadlines(long widthMs) {
    this.widthMs = widthMs;
  }

  /** The latest time that windows can be closed to: what is before it and not after {@code ms}. */
  long floor(long ms) {
    return Math.floorDiv(ms, widthMs) * widthMs;
  }

  /** Remembers an id until the windows of its time are closed. */
  void add(byte[] id, long ms) {
    Bucket bucket = bucket(ms);
    int needed = bucket.used + Short.BYTES + id.length;
    if (needed > bucket.ids.length) {
      bucket.ids = Arrays.copyOf(bucket.ids, Math.max(needed, 2 * bucket.ids.length));
    }
    var to = ByteBuffer.wrap(bucket.ids).position(bucket.used);
    to.putShort((short) id.length).put(id);
    bucket.used = needed;
  }

  /** Counts bytes that are kept of a time from now on; negative when they are not any more. */
  void count(long ms, long more) {
    bucket(ms).bytes += more;
    bytes += more;
  }

  private Bucket bucket(long ms) {
    return buckets.computeIfAbsent(floor(ms), _ -> new Bucket());
  }

  /** Bytes of all that is kept. */
  long bytes() {
    return bytes;
  }

  /** The time that the oldest of what is kept ends before; {@link Long#MAX_VALUE} for nothing. */
  long oldestEnd() {
    return buckets.isEmpty() ? Long.MAX_VALUE : buckets.firstKey() + widthMs;
  }

  /** Gives out, oldest first, the ids of times from one on to before another, and forgets them. */
  void close(long fromMs, long toMs, Consumer<byte[]> action) {
    for (Bucket bucket : buckets.subMap(fromMs, toMs).values()) {
      byte[] ids = bucket.ids;
      int end = bucket.used;
      bucket.ids = new byte[0];
      bucket.used = 0;
      for (int at = 0; at < end; ) {
        int length = ByteBuffer.wrap(ids).getShort(at);
        at += Short.BYTES;
        action.accept(Arrays.copyOfRange(ids, at, at + length));
        at += length;
      }
    }
  }

  /** No longer counts what is of times before {@code ms}. */
  void forget(long ms) {
    Map<Long, Bucket> past = buckets.headMap(ms);
    for (Bucket bucket : past.values()) {
      bytes -= bucket.bytes;
    }
    past.clear();
  }
}
