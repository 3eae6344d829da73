package dev.varve.serve;

import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.concurrent.Executor;

/**
 * Which thread answers a lookup, or predicts.
 *
 * <p>A row in memory is read in well below a microsecond, but nobody can say beforehand whether a
 * row is there: a cold one, and at times an unknown one, is a read from RocksDB, microseconds from
 * the page cache and a tenth of a millisecond from a disk. Lookups never wait for learning, so what
 * a lookup can take is bounded by how many ids it holds. Hence the size decides:
 *
 * <ul>
 *   <li>A small request (the ids of one or a few examples) runs on the event loop that read it. At
 *       the very worst, all ids cold on a slow disk, it holds up the connections of that loop for
 *       some ten milliseconds; each hop to another thread that it saves is worth more than the
 *       lookup itself.
 *   <li>Any other, or one of unknown length, goes to the blocking executor: parsing and writing
 *       thousands of ids takes milliseconds even if all are in memory, and no health check should
 *       wait behind that.
 *   <li>So does every one where some shards are in other instances, which are waited for.
 *   <li>Predictions too: they wait for a shard that is moving.
 * </ul>
 */
final class LookupThreads {
  /** Some 100 ids of ten characters. */
  private static final int SMALL_BYTES = 1 << 10;

  private LookupThreads() {}

  /**
   * The executor for a request.
   *
   * @param requestBytes its size; negative if unknown
   * @param mayWait whether the lookup may wait for another instance
   */
  static Executor executor(
      ServiceRequestContext ctx, Work work, long requestBytes, boolean mayWait) {
    boolean small = requestBytes >= 0 && requestBytes <= SMALL_BYTES;
    return small && work == Work.LOOKUP && !mayWait
        ? Runnable::run
        : LookupLimit.keepingPlace(ctx, ctx.blockingTaskExecutor());
  }
}
