package dev.varve.learn;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The steps that this process's trainers have sent and the tables have not applied yet, so that a
 * trainer sees its own steps at once instead of a commit and a Kafka round trip later.
 *
 * <p>A trainer's view of a row is the row as the table has it plus the changes still in flight.
 * Those are what the trainer computed with the optimizer the table uses, so the view differs from
 * what the table will make of them only by other processes' steps in between. Occurrences in flight
 * are known too, also of categories without a row: they tell which of them will have one. Nothing
 * here is durable, and nothing depends on it but the freshness of a trainer's reads.
 *
 * <p>A batch that a table applies between {@link #refresh} and the reading of a row is in both, for
 * that one reading; of a micro-batch that was sent in several parts, all are let go of with the
 * first.
 *
 * <p><b>Threads:</b> any; one lock.
 */
public final class InFlight {
  /**
   * One update batch.
   *
   * @param occurrences int[keys.length]
   * @param changes float32[m][width] of the first m rows
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sent(
      int trainer,
      long sequence,
      long endOffset,
      RowKey[] keys,
      int[] occurrences,
      float[] changes) {
    int changed(int width) {
      return changes.length / width;
    }
  }

  private record Lane(int trainer, int shard) {}

  private static final class Pending {
    int batches;
    int occurrences;

    /** Null while only occurrences are pending: most categories have no row. */
    float @Nullable [] change;
  }

  private final int width;
  private final int capacityRows;
  private final Map<RowKey, Pending> pending = new HashMap<>();
  private final Map<Lane, ArrayDeque<Sent>> lanes = new HashMap<>();

  /** Rows of update batches that the tables cannot see yet, by trainer. */
  private final Map<Integer, Integer> uncommitted = new HashMap<>();

  /** Sequence number of a trainer's first uncommitted batch. */
  private final Map<Integer, Long> committedTo = new HashMap<>();

  private long sequence;
  private int rows;

  /**
   * @param width floats of a row's state
   * @param capacityRows rows of update batches to remember; beyond them the oldest batch is
   *     forgotten, which makes reads staler but nothing wrong
   */
  public InFlight(int width, int capacityRows) {
    this.width = width;
    this.capacityRows = capacityRows;
  }

  /**
   * Remembers an update batch.
   *
   * @param keys rows, named by feature index and category; those that change come first
   * @param occurrences int[keys.length], kept
   * @param changes float32[m][width] of the first m rows, kept
   */
  synchronized void sent(
      int trainer, int shard, long endOffset, RowKey[] keys, int[] occurrences, float[] changes) {
    var sent = new Sent(trainer, sequence++, endOffset, keys, occurrences, changes);
    for (int i = 0; i < keys.length; i++) {
      Pending entry = pending.computeIfAbsent(keys[i], _ -> new Pending());
      entry.batches++;
      entry.occurrences += occurrences[i];
      if (i < sent.changed(width)) {
        float[] change = entry.change == null ? new float[width] : entry.change;
        add(changes, i * width, change, 1);
        entry.change = change;
      }
    }
    Lane lane = new Lane(trainer, shard);
    lanes.computeIfAbsent(lane, _ -> new ArrayDeque<>()).add(sent);
    rows += keys.length;
    uncommitted.merge(trainer, keys.length, Integer::sum);
    while (rows > capacityRows) {
      drop(oldestLane().remove());
    }
  }

  /**
   * Lets go of everything that the tables have applied by now, whichever trainer sent it. Call
   * before reading rows.
   */
  public void refresh(Rows tables) {
    for (Lane lane : lanes()) {
      // Outside the lock: this may wait for a shard.
      applied(lane, tables.applied(lane.shard, lane.trainer));
    }
  }

  private synchronized List<Lane> lanes() {
    return List.copyOf(lanes.keySet());
  }

  private synchronized void applied(Lane lane, long endOffset) {
    ArrayDeque<Sent> batches = lanes.get(lane);
    while (batches != null && !batches.isEmpty() && batches.element().endOffset <= endOffset) {
      drop(batches.remove());
    }
  }

  /** What the trainer has sent so far is about to be committed. */
  public synchronized void committing(int trainer) {
    uncommitted.remove(trainer);
    committedTo.put(trainer, sequence);
  }

  /** Lets go of everything a trainer sent: its transaction was aborted, or it moves away. */
  public synchronized void forget(int trainer) {
    lanes.forEach(
        (lane, batches) -> {
          if (lane.trainer == trainer) {
            batches.forEach(this::drop);
            batches.clear();
          }
        });
  }

  /** Adds the changes in flight of a row to its state. */
  synchronized void addTo(RowKey key, float[] view, int at) {
    Pending entry = pending.get(key);
    float[] change = entry == null ? null : entry.change;
    if (change != null) {
      for (int i = 0; i < width; i++) {
        view[at + i] += change[i];
      }
    }
  }

  /** Whether there is anything in flight, of any row. */
  synchronized boolean isUnderway() {
    return !pending.isEmpty();
  }

  /** A category's occurrences in flight. */
  synchronized int occurrences(RowKey key) {
    Pending entry = pending.get(key);
    return entry == null ? 0 : entry.occurrences;
  }

  /**
   * Rows of the batches that the tables could have applied by now and have not; a row counts once
   * per batch.
   */
  public synchronized int rowsBehind() {
    int open = 0;
    for (int count : uncommitted.values()) {
      open += count;
    }
    return rows - open;
  }

  private void drop(Sent batch) {
    for (int i = 0; i < batch.keys.length; i++) {
      Pending entry = pending.get(batch.keys[i]);
      if (entry == null) {
        throw new IllegalStateException("in flight: " + batch.keys[i] + " is not pending");
      }
      // The last batch takes the entry with it, and the rounding of additions and subtractions.
      if (--entry.batches == 0) {
        pending.remove(batch.keys[i]);
      } else {
        entry.occurrences -= batch.occurrences[i];
        if (i < batch.changed(width)) {
          add(batch.changes, i * width, Objects.requireNonNull(entry.change), -1);
        }
      }
    }
    rows -= batch.keys.length;
    if (batch.sequence >= committedTo.getOrDefault(batch.trainer, 0L)) {
      uncommitted.merge(batch.trainer, -batch.keys.length, Integer::sum);
    }
  }

  /** There are few lanes: trainers times shards. */
  private ArrayDeque<Sent> oldestLane() {
    return lanes.values().stream()
        .filter(batches -> !batches.isEmpty())
        .min(Comparator.comparingLong(batches -> batches.element().sequence))
        .orElseThrow();
  }

  private static void add(float[] changes, int from, float[] sum, float sign) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += sign * changes[from + i];
    }
  }
}
