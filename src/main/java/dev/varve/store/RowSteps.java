package dev.varve.store;

import dev.varve.learn.RatedOptimizer;
import dev.varve.schema.TableUpdate;
import dev.varve.table.PackedPopularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import dev.varve.table.RowUpdates;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.agrona.collections.IntArrayList;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * Applies the updates of a table's rows, a chunk at a time: finds the rows in memory, fetches those
 * that are below in one read, brings those to their dimension that the layout's sweep has not seen
 * yet, makes those that are nowhere where they have earned it, counts and steps each, and moves
 * those that were carried across a threshold.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class RowSteps {
  private static final int MOST_STATE = 2 * (1 + 128);
  private static final int LEVELS = 9;

  /** Stands for a dimension: nothing is to be done. */
  private static final int NONE = -1;

  private final ResidentRows rows;
  private final Below below;
  private final int dimension;
  private final ShardLayout layout;
  private final CategorySketch unseen;
  private final RowMoves moves;
  private final SharedSteps shared;
  private final RatedOptimizer optimizer;
  private final RowUpdates updates;
  private final Runnable writeBack;
  private final int chunk;
  private final UpdateColumns columns;
  private final int[] slots = new int[ResidentRows.CHUNK];
  private final int[] missing = new int[ResidentRows.CHUNK];
  private final byte[][] missingKeys = new byte[ResidentRows.CHUNK][];
  private final byte[] @Nullable [] values = new byte[ResidentRows.CHUNK][];

  /** By row of the chunk: the dimension it is to have before it is updated, or {@link #NONE}. */
  private final int[] wanted = new int[ResidentRows.CHUNK];

  /** By row of the chunk: whether it is a trace so faded that it is forgotten. */
  private final boolean[] faded = new boolean[ResidentRows.CHUNK];

  /** By row of the chunk: its popularity before it is updated, where it is new. */
  private final double[] begins = new double[ResidentRows.CHUNK];

  /** Rows of the update that were given none. */
  private final IntArrayList unseenRows = new IntArrayList();

  private final int[] needed = new int[LEVELS];
  private final float[] state = new float[MOST_STATE];
  private long refusedGradients;

  /**
   * @param unseen counts categories without a row
   * @param writeBack makes all rows clean
   */
  RowSteps(
      ResidentRows rows,
      Below below,
      EmbeddingStore.Settings settings,
      ShardLayout layout,
      CategorySketch unseen,
      RowMoves moves,
      SharedSteps shared,
      Runnable writeBack) {
    this.rows = rows;
    this.below = below;
    this.dimension = settings.dimension();
    this.layout = layout;
    this.unseen = unseen;
    this.moves = moves;
    this.shared = shared;
    this.optimizer = new RatedOptimizer(settings.optimizer());
    this.updates = new RowUpdates(rows, settings.decay(), optimizer);
    this.writeBack = writeBack;
    this.chunk = rows.chunk(dimension);
    this.columns = new UpdateColumns(dimension);
  }

  long refusedGradients() {
    return refusedGradients;
  }

  /** All updates that follow are of a micro-batch whose rates are multiplied with this. */
  void rate(float factor) {
    optimizer.at(factor);
  }

  /** Applies an update that was checked. */
  void apply(ShardTable table, TableUpdate update, long batchMs) {
    int n = update.getKeysCount();
    columns.read(update, batchMs);
    for (int from = 0; from < n; from += chunk) {
      int here = Math.min(chunk, n - from);
      bring(table, from, here);
      if (shared.serves(table)) {
        columns.share(slots, from, here);
      }
      columns.fit(slots, from, here);
      refusedGradients +=
          updates.update(slots, here, columns.batch(), from, table, layout.earliest());
      table.occurred(columns.occurrences(), from, here);
      moveOn(table, from);
    }
    refusedGradients += shared.step(table, columns, updates, layout.earliest());
    countUnseen(table);
  }

  /** Only now: how many rows are taken at a time must not matter for what is estimated. */
  private void countUnseen(ShardTable table) {
    for (int k = 0; k < unseenRows.size(); k++) {
      int i = unseenRows.getInt(k);
      unseen.add(table.id(), columns.key(i), columns.occurrences()[i], columns.timeMs(i));
    }
    unseenRows.clear();
  }

  // -- before the update: every row that has one in memory, with the dimension of the layout

  private void bring(ShardTable table, int from, int n) {
    int misses;
    do {
      rows.find(table.id(), columns.keys(), from, n, slots);
      misses = fetch(table, from, n);
      if (misses == 0 && !layout.hasCome()) {
        return;
      }
      decide(table, from, n, misses);
    } while (rows.reserve(needed, writeBack));
    boolean moved = false;
    // In the order of the update: who comes first decides who is admitted before growth ends.
    for (int i = 0, m = 0; i < n; i++) {
      boolean isMissing = m < misses && missing[m] == i;
      if (faded[i]) {
        slots[i] = forget(table, columns.key(from + i), slots[i]);
        make(table, from, i);
      } else if (isMissing) {
        take(table, from, i, values[m]);
      }
      m += isMissing ? 1 : 0;
    }
    for (int i = 0; i < n; i++) {
      if (wanted[i] != NONE && slots[i] != ResidentRows.ABSENT) {
        moved |= follow(table, columns.key(from + i), i);
      }
    }
    Arrays.fill(missingKeys, 0, misses, null);
    Arrays.fill(values, 0, misses, null);
    if (moved) {
      // A key that was named twice may have been found where it was before.
      rows.find(table.id(), columns.keys(), from, n, slots);
    }
  }

  /** Fetches the values of a chunk's rows that are not in memory; gives how many those are. */
  private int fetch(ShardTable table, int from, int n) {
    int misses = 0;
    for (int i = 0; i < n; i++) {
      if (slots[i] == ResidentRows.ABSENT) {
        missing[misses] = i;
        missingKeys[misses++] = RowFormat.key(table.id(), columns.key(from + i));
      }
    }
    if (misses > 0) {
      below.get(missingKeys, misses, values);
    }
    return misses;
  }

  /** What becomes of each row, and so how much room is needed in which slab. */
  private void decide(ShardTable table, int from, int n, int misses) {
    Arrays.fill(needed, 0);
    for (int i = 0; i < n; i++) {
      wanted[i] = NONE;
      faded[i] = false;
      if (slots[i] != ResidentRows.ABSENT) {
        long units = rows.time(slots[i]);
        if (layout.isUntouched(units)) {
          int current = rows.dimension(slots[i]);
          want(table, from, i, current, rows.popularity(slots[i]), units);
        }
      }
    }
    for (int m = 0; m < misses; m++) {
      decideMissing(table, from, missing[m], values[m]);
    }
  }

  private void want(ShardTable table, int from, int i, int current, long packed, long units) {
    double popularity = layout.popularity(packed, units);
    int to = table.rule().dimension(columns.key(from + i), current, popularity);
    if (moves.isForgotten(table, columns.key(from + i), current, to, popularity)) {
      faded[i] = true;
      begin(table, from, i);
    } else if (to != current) {
      wanted[i] = to;
      needed[level(to)]++;
    }
  }

  private void decideMissing(ShardTable table, int from, int i, byte @Nullable [] value) {
    if (value == null) {
      begin(table, from, i);
      return;
    }
    int stored = RowFormat.check(value, rows.encoding());
    needed[level(stored)]++;
    long units = RowFormat.time(value);
    if (layout.isUntouched(units)) {
      want(table, from, i, stored, RowFormat.popularity(value), units);
    }
  }

  /** A category of which nothing is known but what the sketch has counted. */
  private void begin(ShardTable table, int from, int i) {
    long key = columns.key(from + i);
    int occurrences = columns.occurrences()[from + i];
    begins[i] =
        table.rule().admission() <= occurrences
            ? 0
            : unseen.estimate(table.id(), key, columns.timeMs(from + i));
    int to = table.rule().dimension(key, 0, begins[i] + occurrences);
    wanted[i] = to > 0 ? to : NONE;
    if (to > 0) {
      needed[level(to)]++;
    }
  }

  private static int level(int dimension) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(dimension);
  }

  /** Takes a row into memory: the stored one, or a new one. */
  private void take(ShardTable table, int from, int i, byte @Nullable [] value) {
    long key = columns.key(from + i);
    // A batch that names a key twice would have found it missing twice.
    int there = rows.find(table.id(), key);
    if (there != ResidentRows.ABSENT) {
      slots[i] = there;
      wanted[i] = NONE;
    } else if (value != null) {
      slots[i] = insert(table, key, value);
    } else {
      make(table, from, i);
    }
  }

  private int insert(ShardTable table, long key, byte[] value) {
    int stored = RowFormat.check(value, rows.encoding());
    RowFormat.state(value, 0, state, 0, rows.encoding().rowFloats(stored));
    return rows.insert(
        table.id(),
        key,
        stored,
        RowFormat.popularity(value),
        RowFormat.time(value),
        state,
        0,
        false);
  }

  /** Takes away what is left of a category; nothing is known of it then. */
  private int forget(ShardTable table, long key, int slot) {
    byte[] stored = RowFormat.key(table.id(), key);
    int dimension;
    if (slot == ResidentRows.ABSENT) {
      byte[] value = Objects.requireNonNull(below.get(stored));
      dimension = RowFormat.check(value, rows.encoding());
      table.bins(dimension).leave(updates.bin(value));
      rows.removeAhead(table.id(), key);
    } else {
      dimension = rows.dimension(slot);
      if (!rows.isDirty(slot)) {
        table.bins(dimension).leave(updates.bin(slot));
      }
      rows.remove(slot);
    }
    below.putAll(List.of(KeyValue.pair(Bytes.wrap(stored), null)));
    moves.forgotten(table, key, dimension);
    return ResidentRows.ABSENT;
  }

  private void make(ShardTable table, int from, int i) {
    long key = columns.key(from + i);
    int to = wanted[i];
    wanted[i] = NONE;
    if (to == NONE || !layout.admit(to)) {
      unseenRows.addInt(from + i);
      return;
    }
    float[] initial = shared.first(table, key, to);
    long packed = PackedPopularity.packPopularity(begins[i]);
    long units = columns.units()[from + i];
    slots[i] = rows.insert(table.id(), key, to, packed, units, initial, 0, true);
    moves.admitted(table, key, to, begins[i] + columns.occurrences()[from + i], units);
  }

  /** Brings a row that nothing has touched since the layout came to its dimension. */
  private boolean follow(ShardTable table, long key, int i) {
    int slot = rows.find(table.id(), key);
    int to = wanted[i];
    if (slot == ResidentRows.ABSENT || rows.dimension(slot) == to) {
      return false;
    }
    slots[i] = moves.move(table, slot, to, RecentMoves.Reason.LAYOUT, updates.bin(slot));
    return true;
  }

  // -- behind the update

  /** Moves the rows that an update has carried across a threshold. */
  private void moveOn(ShardTable table, int from) {
    IntArrayList leaving = updates.leaving();
    if (leaving.isEmpty()) {
      return;
    }
    Arrays.fill(needed, 0);
    for (int k = 0; k < leaving.size(); k++) {
      int i = leaving.getInt(k);
      wanted[i] = behind(table, slots[i]);
      needed[level(wanted[i])]++;
    }
    rows.reserve(needed, writeBack);
    for (int k = 0; k < leaving.size(); k++) {
      int i = leaving.getInt(k);
      long key = columns.key(from + i);
      int slot = present(table, key);
      int current = rows.dimension(slot);
      if (current != wanted[i] && layout.move(current, wanted[i])) {
        Arrays.fill(needed, 0);
        needed[level(wanted[i])] = 1;
        if (rows.reserve(needed, writeBack)) {
          slot = present(table, key);
        }
        var reason = RecentMoves.Reason.UPDATE;
        moves.move(table, slot, wanted[i], reason, updates.bin(slot));
      }
    }
  }

  /** A row that was updated just now, and may have been evicted to make room for others. */
  private int present(ShardTable table, long key) {
    int slot = rows.find(table.id(), key);
    if (slot != ResidentRows.ABSENT) {
      return slot;
    }
    byte[] value = Objects.requireNonNull(below.get(RowFormat.key(table.id(), key)));
    rows.reserve(RowFormat.check(value, rows.encoding()), 1, writeBack);
    return insert(table, key, value);
  }

  private int behind(ShardTable table, int slot) {
    double popularity = PackedPopularity.unpackPopularity(rows.popularity(slot));
    return table.rule().dimension(rows.category(slot), rows.dimension(slot), popularity);
  }

  /** The popularity bin of the row in a slot. */
  long bin(int slot) {
    return updates.bin(slot);
  }

  /** Where a table's rows are found, and moved from. */
  RowUpdates updates() {
    return updates;
  }
}
