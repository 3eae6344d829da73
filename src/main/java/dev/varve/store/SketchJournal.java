package dev.varve.store;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What was counted in a sketch since the last commit, one entry behind the other:
 *
 * <pre>
 *   key 8 bytes | table varint | occurrences varint | time - time of the entry before, zigzag varint
 * </pre>
 *
 * <p>The first entry of every record has its whole time, so records are read one by one. About 13
 * bytes an entry. Once it would be longer than {@code mostBytes} it keeps nothing and {@link
 * #isFull} stays true until it is cleared: then the sketch itself is shorter.
 *
 * <p><b>Threads:</b> one.
 */
final class SketchJournal {
  /** Half of what a Kafka producer takes by default. */
  static final int MOST_RECORD_BYTES = 512 << 10;

  /** Receives the entries of a record. */
  @FunctionalInterface
  interface Visitor {
    void entry(int tableId, long key, int occurrences, long timeMs);
  }

  /** A key and three varints, of at most 5, 5 and 10 bytes. */
  private static final int MOST_ENTRY_BYTES = 28;

  private final long mostBytes;
  private byte[] bytes = new byte[1 << 10];
  private int length;

  /** Where the record that is being written begins. */
  private int recordBegin;

  private int[] recordEnds = new int[4];
  private int records;
  private long lastMs;
  private boolean full;

  SketchJournal(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  void add(int tableId, long key, int occurrences, long timeMs) {
    if (full) {
      return;
    }
    if (length + MOST_ENTRY_BYTES > mostBytes) {
      clear();
      full = true;
      return;
    }
    if (length - recordBegin + MOST_ENTRY_BYTES > MOST_RECORD_BYTES) {
      endRecord();
    }
    if (length + MOST_ENTRY_BYTES > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(2L * bytes.length, mostBytes));
    }
    ByteBuffer.wrap(bytes).putLong(length, key);
    length += Long.BYTES;
    putVarint(tableId);
    putVarint(occurrences);
    long delta = timeMs - lastMs;
    putVarint((delta << 1) ^ (delta >> 63));
    lastMs = timeMs;
  }

  private void putVarint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  private void endRecord() {
    if (records == recordEnds.length) {
      recordEnds = Arrays.copyOf(recordEnds, 2 * records);
    }
    recordEnds[records++] = length;
    recordBegin = length;
    lastMs = 0;
  }

  /** The entries since it was cleared, in records of at most 512 KiB. */
  byte[][] records() {
    if (length > recordBegin) {
      endRecord();
    }
    byte[][] parts = new byte[records][];
    for (int i = 0; i < records; i++) {
      parts[i] = Arrays.copyOfRange(bytes, i == 0 ? 0 : recordEnds[i - 1], recordEnds[i]);
    }
    return parts;
  }

  void clear() {
    length = 0;
    recordBegin = 0;
    records = 0;
    lastMs = 0;
    full = false;
  }

  /** Bytes of the entries since it was cleared. */
  int bytes() {
    return length;
  }

  /** Whether entries were left out: only the sketch itself has them all. */
  boolean isFull() {
    return full;
  }

  /** Reads a record. */
  static void read(byte[] record, Visitor visitor) {
    ByteBuffer in = ByteBuffer.wrap(record);
    long timeMs = 0;
    while (in.hasRemaining()) {
      long key = in.getLong();
      int tableId = (int) varint(in);
      int occurrences = (int) varint(in);
      long zigzag = varint(in);
      timeMs += (zigzag >>> 1) ^ -(zigzag & 1);
      visitor.entry(tableId, key, occurrences, timeMs);
    }
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
