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
 * Brings the rows that nothing touches to the dimension that a new layout gives them, in steps.
 * Those in memory come first, ahead of what is below: readers see them, and the memory is free for
 * others. Then the same is put below, which takes ten times as long; then come the rows that are
 * below only, then what was kept aside for too long.
 *
 * <p>Counters are those of what is below. To see a row twice changes nothing, so after a crash it
 * begins again with the rows in memory, and where it was with those below.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class Sweep {
  /** Rows that are looked at, or moved, between two looks at the clock. */
  private static final int SOME = 32;

  private static final int LEVELS = 9;
  private static final int MOST_STATE = 2 * (1 + 128);
  private static final byte[] FIRST = RowFormat.key(0, 0);
  private static final byte[] LAST = RowFormat.key(ResidentRows.MOST_TABLES - 1, -1L);

  private enum Stage {
    /** What is ahead is so for another layout: it goes back to what is below. */
    BACK,
    /** Rows in memory move ahead of what is below. */
    MEMORY,
    /** The same is put below. */
    AHEAD,
    /** Rows that are below only. */
    BELOW,
    /** What is kept aside for too long goes. */
    KEPT,
    DONE
  }

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
  private final IntConsumer gatherAhead = this::gatherAhead;
  private final float[] state = new float[MOST_STATE];

  /** Rows that have to move: table, category. */
  private final LongArrayList toMove = new LongArrayList();

  /** Those of them in memory: where they are. */
  private final IntArrayList slots = new IntArrayList();

  /** Rows in memory that may have to move. */
  private final IntArrayList candidates = new IntArrayList();

  /** Those of which it has to be known what is kept: table, category. */
  private final LongArrayList asking = new LongArrayList();

  private final byte[][] keys = new byte[SOME][];
  private final byte[] @Nullable [] values = new byte[SOME][];

  private Stage stage = Stage.DONE;
  private boolean served = true;
  private long position;
  private long seen;
  private long relocations;

  /** Rows that were ahead when the sweep began to put them below. */
  private int most;

  /** The stored row, or what is kept of one, that comes next; null before the first. */
  private byte @Nullable [] next;

  Sweep(
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

  /** Begins for the layout in force. */
  void begin() {
    served = false;
    next = null;
    if (rows.aheadRows() > 0) {
      position = 0;
      stage = Stage.BACK;
    } else {
      beginMemory();
    }
  }

  /** Goes on behind a restart, with stored rows where it was. */
  void resume(byte[] at) {
    begin();
    next = at.length == 0 ? null : at;
  }

  private void beginMemory() {
    stage = Stage.MEMORY;
    position = 0;
    seen = 0;
    relocations = rows.relocations();
    tables.forEach(table -> table.energy().clear());
  }

  /** Whether rows in memory are still to come: that is soon done. */
  boolean isInMemory() {
    return stage == Stage.BACK || stage == Stage.MEMORY;
  }

  /** Whether readers saw every row as the layout wants it; one evicted since may be behind. */
  boolean isServed() {
    return served;
  }

  /** The stored row that comes next; empty before the first. */
  byte[] at() {
    byte[] at = stage == Stage.KEPT ? null : next;
    return at == null ? new byte[0] : at;
  }

  /** The share of the rows in memory that has been seen; what is below counts as the last tenth. */
  double share() {
    return switch (stage) {
      case BACK -> 0;
      case MEMORY -> 0.1 * Math.min(1, (double) seen / Math.max(1, rows.size()));
      case AHEAD -> 0.9 - 0.8 * Math.min(1, (double) rows.aheadRows() / Math.max(1, most));
      case BELOW, KEPT -> 0.95;
      case DONE -> 1;
    };
  }

  /**
   * Sweeps until a time, and some rows in any case.
   *
   * @param deadlineNs in {@link System#nanoTime}
   * @return whether all has been seen
   */
  boolean step(long deadlineNs) {
    long now = System.nanoTime();
    long longest = 0;
    // It gets on, and is over before it would be late.
    do {
      switch (stage) {
        case BACK -> back();
        case MEMORY -> memory();
        case AHEAD -> ahead();
        case BELOW -> below();
        case KEPT -> kept();
        case DONE -> {}
      }
      long behind = System.nanoTime();
      longest = Math.max(longest, behind - now);
      now = behind;
    } while (stage != Stage.DONE && now + longest - deadlineNs < 0);
    return stage == Stage.DONE;
  }

  // -- back to what is below

  /** Rows that are ahead are as the layout before wanted them: shows what is below again. */
  private void back() {
    int n = gatherAhead();
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
    if (rows.aheadRows() == 0) {
      beginMemory();
    }
  }

  /**
   * Looks for rows that are ahead, from where it was, and around.
   *
   * @return how many there are now, with their keys and values
   */
  private int gatherAhead() {
    slots.clear();
    position = Math.max(0, rows.visit(Math.max(0, position), some(), gatherAhead));
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

  private void gatherAhead(int slot) {
    if (rows.isAhead(slot)) {
      slots.addInt(slot);
    }
  }

  /** As many as memory has room for at once. */
  private int some() {
    return Math.min(SOME, rows.chunk(widest));
  }

  private int load(byte[] value) {
    int dimension = RowFormat.check(value, rows.encoding());
    RowFormat.state(value, 0, state, 0, rows.encoding().rowFloats(dimension));
    return dimension;
  }

  // -- in memory

  private void memory() {
    slots.clear();
    toMove.clear();
    Arrays.fill(needed, 0);
    candidates.clear();
    asking.clear();
    position = rows.visit(position, some(), look);
    seen += some();
    choose();
    move();
    kept.flush();
    if (position >= 0) {
      return;
    }
    if (rows.relocations() != relocations) {
      // Some may have moved from where it had not been to where it had.
      beginMemory();
      return;
    }
    tables.forEach(table -> table.energy().settle());
    served = isAllInMemory();
    most = rows.aheadRows();
    position = 0;
    stage = Stage.AHEAD;
  }

  private boolean isAllInMemory() {
    long all = 0;
    for (ShardTable table : tables) {
      all += table.entries();
    }
    return rows.size() >= all;
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

  private void move() {
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

  /** Puts below what is ahead there. */
  private void ahead() {
    int n = gatherAhead();
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
    if (rows.aheadRows() == 0) {
      if (isAllInMemory()) {
        rowsDone();
      } else {
        stage = Stage.BELOW;
      }
    }
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

  // -- below

  private void below() {
    toMove.clear();
    List<KeyValue<Bytes, byte[]>> changed = new ArrayList<>();
    byte[] behind =
        below.scan(
            next == null ? FIRST : next,
            LAST,
            SOME,
            (key, value) -> {
              if (isMoving(key, value)) {
                changed.add(KeyValue.pair(Bytes.wrap(key), value));
                toMove.addLong(RowFormat.table(key));
                toMove.addLong(RowFormat.category(key));
              }
            });
    kept.fetch(toMove);
    toMove.clear();
    for (int i = 0; i < changed.size(); i++) {
      KeyValue<Bytes, byte[]> row = changed.get(i);
      changed.set(i, KeyValue.pair(row.key, moved(row.key.get(), row.value)));
    }
    below.putAll(changed);
    kept.flush();
    if (behind == null) {
      rowsDone();
    } else {
      next = behind;
    }
  }

  /** What is kept aside expires with a layout. */
  private void rowsDone() {
    served = true;
    next = null;
    if (layout.followsLayout()) {
      done();
    } else {
      stage = Stage.KEPT;
    }
  }

  private void done() {
    stage = Stage.DONE;
    next = null;
    layout.swept();
  }

  /** Whether a stored row that is not in memory has to move. */
  private boolean isMoving(byte[] key, byte[] value) {
    long units = RowFormat.time(value);
    if (!layout.isUntouched(units)) {
      return false;
    }
    ShardTable table = tables.get(RowFormat.table(key));
    int from = RowFormat.check(value, rows.encoding());
    double popularity = layout.popularity(RowFormat.popularity(value), units);
    long category = RowFormat.category(key);
    int to = table.rule().dimension(category, from, popularity);
    return moves.isDue(table, category, from, to, popularity)
        && rows.find(table.id(), category) == ResidentRows.ABSENT;
  }

  /** The value that a stored row has behind its move; null when it is forgotten. */
  private byte @Nullable [] moved(byte[] key, byte[] value) {
    ShardTable table = tables.get(RowFormat.table(key));
    long category = RowFormat.category(key);
    long packed = RowFormat.popularity(value);
    long units = RowFormat.time(value);
    int from = RowFormat.check(value, rows.encoding());
    double popularity = layout.popularity(packed, units);
    int to = table.rule().dimension(category, from, popularity);
    table.bins(from).leave(updates.bin(value));
    if (moves.isForgotten(table, category, from, to, popularity)) {
      moves.forgotten(table, category, from);
      return null;
    }
    load(value);
    float[] after = moves.state(table, category, from, to, state);
    moves.remember(table, category, from, to, packed, units, RecentMoves.Reason.SWEEP);
    byte[] moved = RowFormat.encode(rows.encoding(), to, packed, units, after);
    table.bins(to).enter(updates.bin(moved));
    return moved;
  }

  // -- kept aside

  private void kept() {
    kept.flush();
    if (kept.count() > 0) {
      byte[] from = next == null ? Kept.key(0, 0) : next;
      byte[] behind = kept.expire(from, SOME);
      if (behind != null) {
        next = behind;
        return;
      }
    }
    done();
  }
}
