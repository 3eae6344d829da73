package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.store.Embeddings;
import dev.varve.store.TableSummary;
import java.util.Arrays;

/**
 * What was sent to the topic {@code updates}, one record after the other, from offset 0 on.
 *
 * <p><b>Threads:</b> one.
 */
final class UpdateLog {
  private final Column rows;
  private final Column occurrences;
  private final int[] records;
  private long batches;
  private long bytes;

  UpdateLog(int shards) {
    rows = new Column(shards);
    occurrences = new Column(shards);
    records = new int[shards];
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
  long rowsBefore(long[] offsets) {
    return rows.before(offsets);
  }

  long occurrencesBefore(long[] offsets) {
    return occurrences.before(offsets);
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

  /** Something of every record: by shard, the sum over all records before an offset. */
  private static final class Column {
    private final long[][] sums;
    private long total;

    Column(int shards) {
      sums = new long[shards][1];
    }

    void add(int shard, int offset, long count) {
      if (offset + 1 == sums[shard].length) {
        sums[shard] = Arrays.copyOf(sums[shard], 2 * sums[shard].length);
      }
      sums[shard][offset + 1] = sums[shard][offset] + count;
      total += count;
    }

    long before(long[] offsets) {
      long before = 0;
      for (int shard = 0; shard < offsets.length; shard++) {
        before += sums[shard][Math.toIntExact(offsets[shard])];
      }
      return before;
    }
  }
}
