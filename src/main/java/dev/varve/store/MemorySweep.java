package dev.varve.store;

import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import dev.varve.table.RowUpdates;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.agrona.collections.IntArrayList;
import org.agrona.collections.LongArrayList;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * The rows in memory in a {@link Sweep}: they move ahead of what is below, and then the same is put
 * below. Each call looks at some rows.
 *
 * <p>Counters are those of what is below.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class MemorySweep {
  /** Slots that are looked at, at most, for rows that are ahead: most may have others. */
  private static final int MOST_LOOKED = 1024;

  private static final int LEVELS = 9;
  private static final int MOST_STATE = 2 * (1 + 128);

  private final ResidentRows rows;
  private final Below below;
  private final ShardLayout layout;
  private final List<ShardTable> tables;
  private final int widest;
  private final RowMoves moves;
  private final RowUpdates updates;
  private final Kept kept;
  private final Runnable writeBack;
  private final int[] needed = new int[LEVELS];
  private final IntConsumer look = this::look;
  private final IntConsumer addAhead = this::addIfAhead;
  private final float[] state = new float[MOST_STATE];

  /** Rows that have to move: table, category. */
  private final LongArrayList toMove = new LongArrayList();

  /** Where they are. */
  private final IntArrayList slots = new IntArrayList();

  /** Rows that may have to move. */
  private final IntArrayList candidates = new IntArrayList();

  /** Those of which it has to be known what is kept: table, category. */
  private final LongArrayList asking = new LongArrayList();

  private final byte[][] keys = new byte[SweepPace.MOST][];
  private final byte[] @Nullable [] values = new byte[SweepPace.MOST][];

  private long position;
  private long seen;
  private long relocations;

  /** Rows that were ahead when they began to be put below. */
  private int most;

  MemorySweep(
      ResidentRows rows,
      Below below,
      ShardLayout layout,
      List<ShardTable> tables,
      int widest,
      RowMoves moves,
      RowUpdates updates,
      Kept kept,
      Runnable writeBack) {
    this.rows = rows;
    this.below = below;
    this.layout = layout;
    this.tables = tables;
    this.widest = widest;
    this.moves = moves;
    this.updates = updates;
    this.kept = kept;
    this.writeBack = writeBack;
  }

  /** Whether all rows of the shard are in memory. */
  boolean hasAll() {
    long all = 0;
    for (ShardTable table : tables) {
      all += table.entries();
    }
    return rows.size() >= all;
  }

  /** Whether a row is in memory. */
  boolean has(ShardTable table, long category) {
    return rows.find(table.id(), category) != ResidentRows.ABSENT;
  }

  // -- back to what is below

  /**
   * Rows that are ahead are as the layout before wanted them: shows what is below again.
   *
   * @param atMost rows to take
   * @return whether none is ahead any more
   */
  boolean back(int atMost) {
    int n = gatherAhead(atMost);
    Arrays.fill(needed, 0);
    for (int i = 0; i < n; i++) {
      needed[level(RowFormat.check(values[i], rows.encoding()))]++;
    }
    rows.reserve(needed, writeBack);
    for (int i = 0; i < n; i++) {
      byte[] value = values[i];
      int from = load(value);
      rows.insert(
          RowFormat.table(keys[i]),
          RowFormat.category(keys[i]),
          from,
          RowFormat.popularity(value),
          RowFormat.time(value),
          state,
          0,
          false);
    }
    return !isAhead();
  }

  /**
   * Looks for rows that are ahead, from where it was on; behind the last it is at the first again.
   *
   * @return how many there are now, with their keys and values
   */
  private int gatherAhead(int atMost) {
    slots.clear();
    int half = Math.max(1, some(atMost) / 2);
    int looked = 0;
    do {
      position = rows.visit(position, half, addAhead);
      looked += half;
    } while (position >= 0 && slots.size() < half && looked < MOST_LOOKED);
    position = Math.max(0, position);
    int n = slots.size();
    for (int i = 0; i < n; i++) {
      int slot = slots.getInt(i);
      keys[i] = RowFormat.key(rows.table(slot), rows.category(slot));
    }
    if (n > 0) {
      below.get(keys, n, values);
    }
    return n;
  }

  private void addIfAhead(int slot) {
    if (rows.isAhead(slot)) {
      slots.addInt(slot);
    }
  }

  /** So many, if memory has room for them at once. */
  private int some(int atMost) {
    return Math.min(atMost, rows.chunk(widest));
  }

  private int load(byte[] value) {
    int dimension = RowFormat.check(value, rows.encoding());
    RowFormat.state(value, 0, state, 0, rows.encoding().rowFloats(dimension));
    return dimension;
  }

  // -- in memory

  /** Begins with the first row. */
  void begin() {
    position = 0;
    seen = 0;
    relocations = rows.relocations();
    tables.forEach(table -> table.energy().clear());
  }

  /** The share of the rows that has been seen since then. */
  double seen() {
    return Math.min(1, (double) seen / Math.max(1, rows.size()));
  }

  /**
   * Moves rows ahead of what is below.
   *
   * @param atMost rows to look at
   * @return whether all have been seen
   */
  boolean move(int atMost) {
    slots.clear();
    toMove.clear();
    Arrays.fill(needed, 0);
    candidates.clear();
    asking.clear();
    int some = some(atMost);
    position = rows.visit(position, some, look);
    seen += some;
    choose();
    moveChosen();
    kept.flush();
    if (position >= 0) {
      return false;
    }
    if (rows.relocations() != relocations) {
      // Some may have moved from where it had not been to where it had.
      begin();
      return false;
    }
    tables.forEach(table -> table.energy().settle());
    return true;
  }

  private void look(int slot) {
    ShardTable table = tables.get(rows.table(slot));
    long category = rows.category(slot);
    int dimension = rows.dimension(slot);
    long units = rows.time(slot);
    double popularity = layout.popularity(rows.popularity(slot), units);
    if (dimension > 0 && Energy.isSampled(category)) {
      rows.load(slot, state, 0);
      table.energy().add(state, dimension, popularity);
    }
    if (layout.isUntouched(units) && !rows.isAhead(slot)) {
      int to = table.rule().dimension(category, dimension, popularity);
      if (to != dimension || moves.isFaded(to, popularity)) {
        candidates.addInt(slot);
        if (moves.asksKept(to, popularity)) {
          asking.addLong(table.id());
          asking.addLong(category);
        }
      }
    }
  }

  /**
   * Of the rows that may have to move, those that have to. What is kept of them is read at once.
   */
  private void choose() {
    kept.fetch(asking);
    for (int i = 0; i < candidates.size(); i++) {
      int slot = candidates.getInt(i);
      ShardTable table = tables.get(rows.table(slot));
      long category = rows.category(slot);
      int from = rows.dimension(slot);
      double popularity = layout.popularity(rows.popularity(slot), rows.time(slot));
      int to = table.rule().dimension(category, from, popularity);
      if (moves.isDue(table, category, from, to, popularity)) {
        slots.addInt(slot);
        toMove.addLong(table.id());
        toMove.addLong(category);
        needed[level(to)]++;
      }
    }
  }

  private static int level(int dimension) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(dimension);
  }

  private void moveChosen() {
    if (!toMove.isEmpty()) {
      boolean elsewhere = rows.reserve(needed, writeBack);
      for (int i = 0; i < slots.size(); i++) {
        ShardTable table = tables.get((int) toMove.getLong(2 * i));
        int slot = elsewhere ? rows.find(table.id(), toMove.getLong(2 * i + 1)) : slots.getInt(i);
        // If it was evicted to make room for another, the sweep of what is below will find it.
        if (slot != ResidentRows.ABSENT) {
          move(table, slot);
        }
      }
    }
  }

  private void move(ShardTable table, int slot) {
    int from = rows.dimension(slot);
    long category = rows.category(slot);
    double popularity = layout.popularity(rows.popularity(slot), rows.time(slot));
    int to = table.rule().dimension(category, from, popularity);
    if (moves.isForgotten(table, category, from, to, popularity)) {
      forget(table, slot);
    } else if (rows.isDirty(slot)) {
      // Not as what is below: it will be put there anyway.
      moves.move(table, slot, to, RecentMoves.Reason.SWEEP, updates.bin(slot));
    } else {
      rows.load(slot, state, 0);
      rows.moveAhead(slot, to, moves.ahead(table, category, from, to, state), 0);
    }
  }

  private void forget(ShardTable table, int slot) {
    int from = rows.dimension(slot);
    long category = rows.category(slot);
    if (!rows.isDirty(slot)) {
      table.bins(from).leave(updates.bin(slot));
    }
    rows.remove(slot);
    moves.forgotten(table, category, from);
    put(RowFormat.key(table.id(), category), null);
  }

  private void put(byte[] key, byte @Nullable [] value) {
    below.putAll(List.of(KeyValue.pair(Bytes.wrap(key), value)));
  }

  // -- what is ahead

  /** Whether some rows are ahead. */
  boolean isAhead() {
    return rows.aheadRows() > 0;
  }

  /** Begins to put below what is ahead, or to go back to what is below. */
  void beginBelow() {
    most = rows.aheadRows();
    position = 0;
  }

  /** The share of what was ahead then that is not any more. */
  double settled() {
    return 1 - Math.min(1, (double) rows.aheadRows() / Math.max(1, most));
  }

  /**
   * Puts below what is ahead there.
   *
   * @param atMost rows to take
   * @return whether none is ahead any more
   */
  boolean settle(int atMost) {
    int n = gatherAhead(atMost);
    if (n > 0) {
      List<KeyValue<Bytes, byte[]>> changed = new ArrayList<>(n);
      toMove.clear();
      for (int i = 0; i < n; i++) {
        toMove.addLong(RowFormat.table(keys[i]));
        toMove.addLong(RowFormat.category(keys[i]));
      }
      kept.fetch(toMove);
      for (int i = 0; i < n; i++) {
        int slot = slots.getInt(i);
        changed.add(KeyValue.pair(Bytes.wrap(keys[i]), settled(slot, keys[i], values[i])));
        rows.settle(slot);
      }
      below.putAll(changed);
      kept.flush();
    }
    return !isAhead();
  }

  /** The value of a row that is ahead of the one it has. */
  private byte[] settled(int slot, byte[] key, byte[] value) {
    ShardTable table = tables.get(RowFormat.table(key));
    long category = RowFormat.category(key);
    int from = load(value);
    int to = rows.dimension(slot);
    long bin = updates.bin(value);
    table.bins(from).leave(bin);
    table.bins(to).enter(bin);
    moves.keep(table, category, from, to, state);
    var reason = RecentMoves.Reason.SWEEP;
    moves.remember(table, category, from, to, rows.popularity(slot), rows.time(slot), reason);
    return RowFormat.encode(rows, slot);
  }
}
