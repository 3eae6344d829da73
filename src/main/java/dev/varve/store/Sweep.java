package dev.varve.store;

import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import dev.varve.table.RowUpdates;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.agrona.collections.LongArrayList;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * Brings the rows that nothing touches to the dimension that a new layout gives them, in steps:
 * first those in memory, then those that are below only, then what was kept aside for too long.
 *
 * <p>To see a row twice changes nothing, so after a crash it begins again with the rows in memory,
 * and where it was with those below.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class Sweep {
  /** Rows that are looked at, or moved, between two looks at the clock. */
  private static final int SOME = 128;

  private static final int LEVELS = 9;
  private static final int MOST_STATE = 2 * (1 + 128);
  private static final byte[] FIRST = RowFormat.key(0, 0);
  private static final byte[] LAST = RowFormat.key(ResidentRows.MOST_TABLES - 1, -1L);

  /** Writes back what the sweep has moved. */
  interface Writer {
    /** All rows. */
    void all();

    /** Rows that changed since so many were dirty. */
    void since(int dirtyRows);
  }

  private enum Stage {
    MEMORY,
    BELOW,
    KEPT,
    DONE
  }

  private final ResidentRows rows;
  private final Below below;
  private final ShardLayout layout;
  private final List<ShardTable> tables;
  private final RowMoves moves;
  private final RowUpdates updates;
  private final Kept kept;
  private final Writer writer;
  private final int[] needed = new int[LEVELS];
  private final IntConsumer look = this::look;
  private final float[] state = new float[MOST_STATE];

  /** Rows that have to move: table, category. */
  private final LongArrayList toMove = new LongArrayList();

  private Stage stage = Stage.DONE;
  private long position;
  private long seen;
  private long relocations;

  /** The stored row, or what is kept of one, that comes next; null before the first. */
  private byte @Nullable [] next;

  Sweep(
      ResidentRows rows,
      Below below,
      ShardLayout layout,
      List<ShardTable> tables,
      RowMoves moves,
      RowUpdates updates,
      Kept kept,
      Writer writer) {
    this.rows = rows;
    this.below = below;
    this.layout = layout;
    this.tables = tables;
    this.moves = moves;
    this.updates = updates;
    this.kept = kept;
    this.writer = writer;
  }

  /** Begins for the layout in force. */
  void begin() {
    stage = Stage.MEMORY;
    next = null;
    beginMemory();
  }

  /** Goes on behind a restart, with stored rows where it was. */
  void resume(byte[] at) {
    begin();
    next = at.length == 0 ? null : at;
  }

  private void beginMemory() {
    position = 0;
    seen = 0;
    relocations = rows.relocations();
    tables.forEach(table -> table.energy().clear());
  }

  /** The stored row that comes next; empty before the first. */
  byte[] at() {
    byte[] at = stage == Stage.KEPT ? null : next;
    return at == null ? new byte[0] : at;
  }

  /** The share of the rows in memory that has been seen; what is below counts as the last tenth. */
  double share() {
    return switch (stage) {
      case MEMORY -> 0.9 * Math.min(1, (double) seen / Math.max(1, rows.size()));
      case BELOW, KEPT -> 0.95;
      case DONE -> 1;
    };
  }

  /**
   * Sweeps until a time.
   *
   * @param deadlineNs in {@link System#nanoTime}
   * @return whether all has been seen
   */
  boolean step(long deadlineNs) {
    long now = System.nanoTime();
    long longest = 0;
    // It is over before it would be late.
    while (stage != Stage.DONE && now + longest - deadlineNs < 0) {
      switch (stage) {
        case MEMORY -> memory();
        case BELOW -> below();
        case KEPT -> kept();
        case DONE -> {}
      }
      long behind = System.nanoTime();
      longest = Math.max(longest, behind - now);
      now = behind;
    }
    return stage == Stage.DONE;
  }

  // -- in memory

  private void memory() {
    position = rows.visit(position, SOME, look);
    seen += SOME;
    move();
    if (position < 0) {
      if (rows.relocations() != relocations) {
        // Some may have moved from where it had not been to where it had.
        beginMemory();
        return;
      }
      tables.forEach(table -> table.energy().settle());
      if (isAllInMemory()) {
        rowsDone();
      } else {
        stage = Stage.BELOW;
      }
    }
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
    if (layout.isUntouched(units)) {
      int to = table.rule().dimension(category, dimension, popularity);
      if (moves.isDue(table, category, dimension, to, popularity)) {
        toMove.addLong(table.id());
        toMove.addLong(category);
      }
    }
  }

  private void move() {
    if (toMove.isEmpty()) {
      return;
    }
    int dirty = rows.dirtyRows();
    kept.fetch(toMove);
    for (int i = 0; i < toMove.size(); i += 2) {
      move(tables.get((int) toMove.getLong(i)), toMove.getLong(i + 1));
    }
    toMove.clear();
    writer.since(Math.min(dirty, rows.dirtyRows()));
    // Not all at the end of the step, which would take as long again.
    kept.flush();
  }

  private void move(ShardTable table, long category) {
    int slot = rows.find(table.id(), category);
    if (slot == ResidentRows.ABSENT) {
      // Evicted to make room for another: the sweep of what is below will find it.
      return;
    }
    int from = rows.dimension(slot);
    double popularity = layout.popularity(rows.popularity(slot), rows.time(slot));
    int to = table.rule().dimension(category, from, popularity);
    if (moves.isForgotten(table, category, from, to, popularity)) {
      forget(table, slot);
      return;
    }
    if (to == from) {
      return;
    }
    Arrays.fill(needed, 0);
    needed[Integer.SIZE - Integer.numberOfLeadingZeros(to)] = 1;
    if (rows.reserve(needed, writer::all)) {
      slot = rows.find(table.id(), category);
    }
    if (slot != ResidentRows.ABSENT) {
      moves.move(table, slot, to, RecentMoves.Reason.SWEEP, updates.bin(slot));
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

  // -- below

  private void below() {
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
    RowFormat.state(value, 0, state, 0, rows.encoding().rowFloats(from));
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
