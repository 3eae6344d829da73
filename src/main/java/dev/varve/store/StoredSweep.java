package dev.varve.store;

import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowFormat;
import dev.varve.table.RowUpdates;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongArrayList;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * What is below only in a {@link Sweep}, in the order of keys: rows that are not in memory, and
 * then what is kept aside. Each call looks at some.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class StoredSweep {
  private static final int MOST_STATE = 2 * (1 + 128);
  private static final byte[] FIRST = RowFormat.key(0, 0);
  private static final byte[] LAST = RowFormat.key(ResidentRows.MOST_TABLES - 1, -1L);

  private final Below below;
  private final RowEncoding encoding;
  private final ShardLayout layout;
  private final List<ShardTable> tables;
  private final MemorySweep memory;
  private final RowMoves moves;
  private final RowUpdates updates;
  private final Kept kept;
  private final float[] state = new float[MOST_STATE];

  /** Rows that have to move: table, category. */
  private final LongArrayList toMove = new LongArrayList();

  /** The stored row, or what is kept of one, that comes next; null before the first. */
  private byte @Nullable [] next;

  StoredSweep(
      Below below,
      RowEncoding encoding,
      ShardLayout layout,
      List<ShardTable> tables,
      MemorySweep memory,
      RowMoves moves,
      RowUpdates updates,
      Kept kept) {
    this.below = below;
    this.encoding = encoding;
    this.layout = layout;
    this.tables = tables;
    this.memory = memory;
    this.moves = moves;
    this.updates = updates;
    this.kept = kept;
  }

  /** What comes next; empty before the first. */
  byte[] at() {
    byte[] at = next;
    return at == null ? new byte[0] : at;
  }

  /** Goes on where a sweep was; empty to begin with the first. */
  void goTo(byte[] at) {
    next = at.length == 0 ? null : at;
  }

  /**
   * Moves rows.
   *
   * @param most rows to look at
   * @return whether all have been seen
   */
  boolean rows(int most) {
    toMove.clear();
    List<KeyValue<Bytes, byte[]>> changed = new ArrayList<>();
    byte[] behind =
        below.scan(
            next == null ? FIRST : next,
            LAST,
            most,
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
    next = behind;
    return behind == null;
  }

  /** Whether a stored row that is not in memory has to move. */
  private boolean isMoving(byte[] key, byte[] value) {
    long units = RowFormat.time(value);
    if (!layout.isUntouched(units)) {
      return false;
    }
    ShardTable table = tables.get(RowFormat.table(key));
    int from = RowFormat.check(value, encoding);
    double popularity = layout.popularity(RowFormat.popularity(value), units);
    long category = RowFormat.category(key);
    int to = table.rule().dimension(category, from, popularity);
    return moves.isDue(table, category, from, to, popularity) && !memory.has(table, category);
  }

  /** The value that a stored row has behind its move; null when it is forgotten. */
  private byte @Nullable [] moved(byte[] key, byte[] value) {
    ShardTable table = tables.get(RowFormat.table(key));
    long category = RowFormat.category(key);
    long packed = RowFormat.popularity(value);
    long units = RowFormat.time(value);
    int from = RowFormat.check(value, encoding);
    double popularity = layout.popularity(packed, units);
    int to = table.rule().dimension(category, from, popularity);
    table.bins(from).leave(updates.bin(value));
    if (moves.isForgotten(table, category, from, to, popularity)) {
      moves.forgotten(table, category, from);
      return null;
    }
    RowFormat.state(value, 0, state, 0, encoding.rowFloats(from));
    float[] after = moves.state(table, category, from, to, state);
    moves.remember(table, category, from, to, packed, units, RecentMoves.Reason.SWEEP);
    byte[] moved = RowFormat.encode(encoding, to, packed, units, after);
    table.bins(to).enter(updates.bin(moved));
    return moved;
  }

  /**
   * Takes away what is kept aside for too long.
   *
   * @param most rows to look at
   * @return whether all has been seen
   */
  boolean kept(int most) {
    kept.flush();
    next = kept.count() == 0 ? null : kept.expire(next == null ? Kept.key(0, 0) : next, most);
    return next == null;
  }
}
