package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.store.Embeddings;
import dev.varve.store.TableSummary;
import java.util.Arrays;

/**
 * What was sent to the topic {@code updates}, one record after the other. Between those records lie
 * others: what shards log themselves, and the ends of transactions.
 *
 * <p><b>Threads:</b> one, but for {@link #stored}, which the producer's thread calls.
 */
final class UpdateLog {
  private final Column rows;
  private final Column occurrences;
  private final int[] records;

  /** By shard, the offsets of its records that the broker has, and how many those are. */
  private final long[][] offsets;

  private final int[] stored;

  private long batches;
  private long bytes;

  UpdateLog(int shards) {
    rows = new Column(shards);
    occurrences = new Column(shards);
    records = new int[shards];
    offsets = new long[shards][1];
    stored = new int[shards];
  }

  void add(int shard, int recordRows, long recordOccurrences, int recordBytes) {
    rows.add(shard, records[shard], recordRows);
    occurrences.add(shard, records[shard], recordOccurrences);
    records[shard]++;
    batches++;
    bytes += recordBytes;
  }

  /** A layout for a shard: a record without rows. */
  void addLayout(int shard) {
    rows.add(shard, records[shard], 0);
    occurrences.add(shard, records[shard], 0);
    records[shard]++;
  }

  /** The broker has the next record of a shard. */
  synchronized void stored(int shard, long offset) {
    if (stored[shard] == offsets[shard].length) {
      offsets[shard] = Arrays.copyOf(offsets[shard], 2 * stored[shard]);
    }
    offsets[shard][stored[shard]++] = offset;
  }

  /** How many records of a shard have an offset below one. */
  private synchronized int recordsBefore(int shard, long offset) {
    int at = Arrays.binarySearch(offsets[shard], 0, stored[shard], offset);
    return at >= 0 ? at : -at - 1;
  }

  /** Rows of all update batches, each as often as it is in one. */
  long rows() {
    return rows.total;
  }

  long occurrences() {
    return occurrences.total;
  }

  long bytes() {
    return bytes;
  }

  /** Update batches; each is sent as one example. */
  long batches() {
    return batches;
  }

  /** Rows of the records before these offsets, one for each shard. */
  long rowsBefore(long[] ends) {
    return before(rows, ends);
  }

  long occurrencesBefore(long[] ends) {
    return before(occurrences, ends);
  }

  private long before(Column of, long[] ends) {
    long before = 0;
    for (int shard = 0; shard < ends.length; shard++) {
      before += of.sums[shard][recordsBefore(shard, ends[shard])];
    }
    return before;
  }

  /**
   * Every row is there, and everything was counted once.
   *
   * @param admitted rows that were sent
   * @throws IllegalStateException when it is not so
   */
  void check(Embeddings embeddings, long admitted) {
    TableSummary table = embeddings.tables().get(UpdateSender.TABLE);
    if (table == null) {
      throw new IllegalStateException("table bench: missing (expected: what was sent)");
    }
    expect("rows", table.rows(), admitted);
    expect("occurrences", table.occurrences(), occurrences());
    expect("examples", embeddings.examples(), batches);
  }

  static void expect(String what, long value, long sent) {
    if (value != sent) {
      throw new IllegalStateException(Check.message(what, value, sent + ", as was sent"));
    }
  }

  /** Something of every record: by shard, the sum over all records before one. */
  private static final class Column {
    private final long[][] sums;
    private long total;

    Column(int shards) {
      sums = new long[shards][1];
    }

    void add(int shard, int record, long count) {
      if (record + 1 == sums[shard].length) {
        sums[shard] = Arrays.copyOf(sums[shard], 2 * sums[shard].length);
      }
      sums[shard][record + 1] = sums[shard][record] + count;
      total += count;
    }
  }
}
