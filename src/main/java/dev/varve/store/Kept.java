package dev.varve.store;

import dev.varve.table.RowEncoding;
import dev.varve.table.RowFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.agrona.collections.LongArrayList;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * What demotions have cut off rows, kept aside for a while so that a rollback can give it back.
 *
 * <pre>
 * key    as of the row, with the highest bit of the table set
 * value  little-endian: parts by rising coordinate, each
 *   0  uint16   first coordinate; 0 when it is all of a row that became a trace
 *   2  uint16   the coordinate behind the last
 *   4  int64    layout under which it was cut
 *  12  int64    when that layout came, ms
 *  20  float32[] a row's state without the coordinates before the first, or of those cut off
 * </pre>
 *
 * The parts of a row join each other and the row: the first begins where the row ends.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class Kept {
  private static final int TABLE_BIT = 0x8000;
  private static final int HEADER_BYTES = 20;

  /** Coordinates {@code [from, to)} of a row with what the optimizer remembers of them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Part(int from, int to, long version, long cutMs, float[] floats) {}

  private final Below below;
  private final RowEncoding encoding;
  private final LongSupplier oldestMs;

  /** What is not below yet; an empty list takes away what is. */
  private final Map<Bytes, List<Part>> changed = new HashMap<>();

  /** What was read below for moves to come. */
  private final Map<Bytes, List<Part>> fetched = new HashMap<>();

  private long count;

  /**
   * @param oldestMs what was cut before this is kept no longer
   */
  Kept(Below below, RowEncoding encoding, LongSupplier oldestMs) {
    this.below = below;
    this.encoding = encoding;
    this.oldestMs = oldestMs;
    below.scan(key(0, 0), key(TABLE_BIT - 2, -1L), (_, _) -> count++);
  }

  static byte[] key(int table, long category) {
    return RowFormat.key(table | TABLE_BIT, category);
  }

  /** Rows of which something is kept. */
  long count() {
    return count;
  }

  /**
   * Reads what is kept of some rows in one go, for moves that follow until {@link #flush}.
   *
   * @param rows table and category of each
   */
  void fetch(LongArrayList rows) {
    if (count == 0) {
      return;
    }
    int n = rows.size() / 2;
    byte[][] keys = new byte[n][];
    byte[] @Nullable [] values = new byte[n][];
    for (int i = 0; i < n; i++) {
      keys[i] = key((int) rows.getLong(2 * i), rows.getLong(2 * i + 1));
    }
    below.get(keys, n, values);
    for (int i = 0; i < n; i++) {
      byte[] value = values[i];
      fetched.put(Bytes.wrap(keys[i]), value == null ? List.of() : parse(value));
    }
  }

  /** The parts kept of a row that are not too old; empty when there are none. */
  List<Part> get(int table, long category) {
    return fresh(all(table, category));
  }

  private List<Part> fresh(List<Part> parts) {
    int fresh = 0;
    while (fresh < parts.size() && parts.get(fresh).cutMs >= oldestMs.getAsLong()) {
      fresh++;
    }
    return parts.subList(0, fresh);
  }

  private List<Part> all(int table, long category) {
    if (count == 0) {
      return List.of();
    }
    byte[] key = key(table, category);
    Bytes wrapped = Bytes.wrap(key);
    List<Part> open = changed.getOrDefault(wrapped, fetched.get(wrapped));
    if (open != null) {
      return open;
    }
    byte[] value = below.get(key);
    return value == null ? List.of() : parse(value);
  }

  /** Keeps a part in front of those that are kept already, where they join. */
  void add(int table, long category, Part part) {
    List<Part> all = all(table, category);
    List<Part> before = fresh(all);
    List<Part> parts = new ArrayList<>();
    parts.add(part);
    if (!before.isEmpty() && before.getFirst().from == part.to) {
      parts.addAll(before);
    }
    change(table, category, parts, all.isEmpty());
  }

  /** Keeps these parts of a row only. */
  void set(int table, long category, List<Part> parts) {
    boolean isNew = all(table, category).isEmpty();
    if (!(isNew && parts.isEmpty())) {
      change(table, category, parts, isNew);
    }
  }

  private void change(int table, long category, List<Part> parts, boolean isNew) {
    changed.put(Bytes.wrap(key(table, category)), parts);
    count += (parts.isEmpty() ? 0 : 1) - (isNew ? 0 : 1);
  }

  /** Puts below what has changed. */
  void flush() {
    fetched.clear();
    if (changed.isEmpty()) {
      return;
    }
    List<KeyValue<Bytes, byte[]>> pairs = new ArrayList<>(changed.size());
    changed.forEach((key, parts) -> pairs.add(KeyValue.pair(key, format(parts))));
    below.putAll(pairs);
    changed.clear();
  }

  /**
   * Takes away what is too old.
   *
   * @param from key to begin at
   * @param most rows to look at
   * @return the key to go on at; null when all have been seen
   */
  byte @Nullable [] expire(byte[] from, int most) {
    byte[] next =
        below.scan(
            from,
            key(TABLE_BIT - 2, -1L),
            most,
            (key, value) -> {
              List<Part> parts = parse(value);
              if (parts.getFirst().cutMs < oldestMs.getAsLong()) {
                changed.put(Bytes.wrap(key), List.of());
                count--;
              }
            });
    flush();
    return next;
  }

  // -- bytes

  private byte @Nullable [] format(List<Part> parts) {
    if (parts.isEmpty()) {
      return null;
    }
    int size = 0;
    for (Part part : parts) {
      size += HEADER_BYTES + Float.BYTES * part.floats.length;
    }
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    for (Part part : parts) {
      bytes.putShort((short) part.from).putShort((short) part.to);
      bytes.putLong(part.version).putLong(part.cutMs);
      for (float value : part.floats) {
        bytes.putFloat(value);
      }
    }
    return bytes.array();
  }

  private List<Part> parse(byte[] value) {
    ByteBuffer bytes = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    List<Part> parts = new ArrayList<>();
    while (bytes.hasRemaining()) {
      int from = bytes.getShort();
      int to = bytes.getShort();
      long version = bytes.getLong();
      long cutMs = bytes.getLong();
      float[] floats = new float[floats(from, to)];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = bytes.getFloat();
      }
      parts.add(new Part(from, to, version, cutMs, floats));
    }
    return parts;
  }

  private int floats(int from, int to) {
    return from == 0 ? encoding.rowFloats(to) : encoding.partLength(to - from);
  }
}
