package dev.varve.learn;

import static dev.varve.kernel.Kernels.KERNELS;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.agrona.collections.Long2ObjectHashMap;
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
   * @param occurrences int[rows.length]
   * @param changes float32[m][width] of the first m rows
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sent(
      int trainer,
      long sequence,
      long endOffset,
      Pending[] rows,
      int[] occurrences,
      float[] changes) {
    int changed(int width) {
      return changes.length / width;
    }
  }

  private record Lane(int trainer, int shard) {}

  /** What is in flight of one category. */
  static final class Pending {
    private final int feature;
    private final long category;
    private int batches;
    private int occurrences;

    /** Null while only occurrences are pending: most categories have no row. */
    private float @Nullable [] change;

    Pending(int feature, long category) {
      this.feature = feature;
      this.category = category;
    }
  }

  private final int width;
  private final int capacityRows;

  /** By category, for each feature. */
  private final List<Long2ObjectHashMap<Pending>> pending = new ArrayList<>();

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
   * @param batch what the rows are of
   * @param slots of the rows in the micro-batch; those that change come first
   * @param changes float32[m][width] of the first m rows, kept
   */
  synchronized void sent(
      int trainer, int shard, long endOffset, MicroBatch batch, int[] slots, float[] changes) {
    Pending[] of = new Pending[slots.length];
    int[] occurrences = new int[slots.length];
    for (int i = 0; i < slots.length; i++) {
      of[i] = entry(batch.featureIndex(slots[i]), batch.category(slots[i]));
      occurrences[i] = batch.occurrences(slots[i]);
      of[i].batches++;
      of[i].occurrences += occurrences[i];
    }
    var sent = new Sent(trainer, sequence++, endOffset, of, occurrences, changes);
    for (int i = 0; i < sent.changed(width); i++) {
      float[] change = of[i].change == null ? new float[width] : of[i].change;
      KERNELS.add(1, changes, i * width, change, 0, width);
      of[i].change = change;
    }
    Lane lane = new Lane(trainer, shard);
    lanes.computeIfAbsent(lane, _ -> new ArrayDeque<>()).add(sent);
    rows += slots.length;
    uncommitted.merge(trainer, slots.length, Integer::sum);
    while (rows > capacityRows) {
      drop(oldestLane().remove());
    }
  }

  private Pending entry(int feature, long category) {
    while (pending.size() <= feature) {
      pending.add(new Long2ObjectHashMap<>());
    }
    Long2ObjectHashMap<Pending> ofFeature = pending.get(feature);
    Pending entry = ofFeature.get(category);
    if (entry == null) {
      entry = new Pending(feature, category);
      ofFeature.put(category, entry);
    }
    return entry;
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

  /**
   * Finds what is in flight of rows.
   *
   * @param slots of the rows in the micro-batch
   * @param found receives what is in flight of each; null for nothing
   * @param occurrences receives how many of each are
   */
  synchronized void find(
      MicroBatch batch, int[] slots, @Nullable Pending[] found, int[] occurrences) {
    for (int i = 0; i < slots.length; i++) {
      int feature = batch.featureIndex(slots[i]);
      Pending entry =
          feature < pending.size() ? pending.get(feature).get(batch.category(slots[i])) : null;
      found[i] = entry;
      occurrences[i] = entry == null ? 0 : entry.occurrences;
    }
  }

  /**
   * Adds the changes in flight of rows to their states.
   *
   * @param found in flight of n rows
   * @param dimensions of the rows; states without one are left as they are
   * @param states float32[n][width], changed in place
   */
  synchronized void addTo(@Nullable Pending[] found, int n, int[] dimensions, float[] states) {
    for (int i = 0; i < n; i++) {
      Pending entry = found[i];
      float[] change = entry == null ? null : entry.change;
      if (change != null && dimensions[i] > 0) {
        KERNELS.add(1, change, 0, states, i * width, width);
      }
    }
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
    for (int i = 0; i < batch.rows.length; i++) {
      Pending entry = batch.rows[i];
      // The last batch takes the entry with it, and the rounding of additions and subtractions.
      if (--entry.batches == 0) {
        pending.get(entry.feature).remove(entry.category);
      } else {
        entry.occurrences -= batch.occurrences[i];
        if (i < batch.changed(width)) {
          KERNELS.add(-1, batch.changes, i * width, Objects.requireNonNull(entry.change), 0, width);
        }
      }
    }
    rows -= batch.rows.length;
    if (batch.sequence >= committedTo.getOrDefault(batch.trainer, 0L)) {
      uncommitted.merge(batch.trainer, -batch.rows.length, Integer::sum);
    }
  }

  /** There are few lanes: trainers times shards. */
  private ArrayDeque<Sent> oldestLane() {
    return lanes.values().stream()
        .filter(batches -> !batches.isEmpty())
        .min(Comparator.comparingLong(batches -> batches.element().sequence))
        .orElseThrow();
  }
}
