package dev.varve.table;

import dev.varve.base.Check;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one shard that are in memory: all that changed since the last commit, and as many of
 * the others as fit.
 *
 * <p><b>Threads:</b> one writer; {@link #peek} from any thread.
 *
 * <p>The writer marks what it changes ({@link #changed}) and writes it back once per commit ({@link
 * #writeBack}); only then are rows evicted, by a second-chance sweep (CLOCK), so a row that is not
 * in memory is always below, at least as new. Between two commits the rows may exceed the capacity
 * by what changed: {@link #wantsWriteBack} tells when that becomes too much.
 */
public final class RowCache {
  /** A row beside its state: objects, references and the index entry, measured on JDK 25. */
  private static final int OVERHEAD_BYTES = 152;

  private final int capacity;
  private final ConcurrentHashMap<RowKey, Row> rows = new ConcurrentHashMap<>();
  private final List<Row> ring = new ArrayList<>();
  private final List<Row> dirty = new ArrayList<>();
  private int hand;

  /**
   * @param bytes memory for rows that need no write-back
   * @param dimension floats per vector
   */
  public RowCache(long bytes, int dimension) {
    long rowBytes = OVERHEAD_BYTES + (long) Float.BYTES * Row.stateLength(dimension);
    Check.that(bytes >= rowBytes, "cache bytes", bytes, "at least one row, " + rowBytes);
    capacity = (int) Math.min(bytes / rowBytes, Integer.MAX_VALUE / 2);
  }

  /** For readers: the row, if it is in memory. */
  public @Nullable Row peek(RowKey key) {
    return rows.get(key);
  }

  /** For the writer: the row, if it is in memory; it counts as used. */
  public @Nullable Row get(RowKey key) {
    Row row = rows.get(key);
    if (row != null) {
      row.markRecent();
    }
    return row;
  }

  /** Takes in a row that is not in memory. */
  public void add(Row row) {
    rows.put(row.key(), row);
    ring.add(row);
  }

  /** The row must be written back before the next commit. */
  public void changed(Row row) {
    if (!row.isDirty()) {
      row.setDirty(true);
      dirty.add(row);
    }
  }

  /** Whether so much has changed that a commit should come soon. */
  public boolean wantsWriteBack() {
    return dirty.size() > capacity / 2;
  }

  /** Hands the changed rows to the writer below, then evicts down to the capacity. */
  public void writeBack(Consumer<List<Row>> below) {
    below.accept(Collections.unmodifiableList(dirty));
    dirty.forEach(row -> row.setDirty(false));
    dirty.clear();
    evict();
  }

  /** Forgets everything, changed rows too. */
  public void clear() {
    rows.clear();
    ring.clear();
    dirty.clear();
    hand = 0;
  }

  /** Rows in memory. */
  public int size() {
    return rows.size();
  }

  private void evict() {
    while (ring.size() > capacity) {
      if (hand >= ring.size()) {
        hand = 0;
      }
      Row row = ring.get(hand);
      if (row.takeRecent()) {
        hand++;
        continue;
      }
      rows.remove(row.key());
      Row last = ring.removeLast();
      if (last != row) {
        ring.set(hand, last);
      }
    }
  }
}
