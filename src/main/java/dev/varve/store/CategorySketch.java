package dev.varve.store;

import dev.varve.table.Popularity;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Popularity of the categories of one shard that have no row, in a fixed number of bytes ({@link
 * SketchGenerations}), and its bytes below.
 *
 * <p>At a commit only what was counted since the last one is put below ({@link SketchJournal}).
 * When the journal there would be longer than the sketches, they are put themselves, and the
 * journal is deleted: so what is written is at most twice what was counted, and what is stored at
 * most twice the sketches. All puts of a commit are one transaction.
 *
 * <p><b>Keys:</b> {@code ff ff fe KIND}, then a number of 8 bytes, big-endian. In the order in
 * which they are restored:
 *
 * <ul>
 *   <li>0: version 1 (1 byte), bytes, half-life in ms (8 bytes each), chunks (4 bytes), number of
 *       the first record of the journal (8 bytes)
 *   <li>1: chunks of the sketches, numbered from 0
 *   <li>2: records of the journal, in the order in which they were put
 * </ul>
 *
 * <p><b>Determinism:</b> a function of the sequence of calls of {@link #add}, to the bit, whenever
 * it is written back and wherever it is restored.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class CategorySketch {
  /** Puts a pair below; without a value the key is deleted. */
  @FunctionalInterface
  interface Put {
    void pair(byte[] key, byte @Nullable [] value);
  }

  /** Where the keys of a sketch begin. */
  static final byte[] FIRST_KEY = {-1, -1, -2, 0};

  /** Behind this there is no key of a sketch. */
  static final byte[] LAST_KEY = {-1, -1, -2, 3};

  private static final Logger LOG = LoggerFactory.getLogger(CategorySketch.class);
  private static final int KIND_AT = 3;
  private static final byte HEADER = 0;
  private static final byte CHUNK = 1;
  private static final byte JOURNAL = 2;
  private static final byte VERSION = 1;
  private static final int HEADER_BYTES = 1 + 8 + 8 + 4 + 8;
  private static final int MOST_CHUNK_BYTES = 512 << 10;

  private final Popularity decay;
  private final SketchGenerations counts;
  private final SketchJournal journal;

  /** Whether there is a header below. */
  private boolean stored;

  /** Whether what is below was counted with another size or half-life. */
  private boolean outdated;

  private int chunks;
  private long firstRecord;
  private long nextRecord;
  private long journalBytes;
  private ByteArrayOutputStream read = new ByteArrayOutputStream();

  /**
   * An empty sketch.
   *
   * @param bytes memory for the counts; the journal of a commit may take as much again
   */
  CategorySketch(Popularity decay, long bytes) {
    this.decay = decay;
    this.counts = new SketchGenerations(decay, bytes);
    this.journal = new SketchJournal(Math.min(counts.bytes(), 1 << 30));
  }

  /**
   * Counts occurrences of a category.
   *
   * @param occurrences at least 1
   * @param timeMs event time
   */
  void add(int tableId, long key, int occurrences, long timeMs) {
    counts.add(tableId, key, occurrences, timeMs);
    journal.add(tableId, key, occurrences, timeMs);
  }

  /** A category's popularity at a time: what it is, and up to {@link #errorBound} more. */
  double estimate(int tableId, long key, long timeMs) {
    return counts.estimate(tableId, key, timeMs);
  }

  /** What an estimate at a time is too high by at most, in 96 of 100 cases. */
  double errorBound(long timeMs) {
    return counts.errorBound(timeMs);
  }

  /** Memory of the counts. */
  long bytes() {
    return counts.bytes();
  }

  /** All counts as they stand, for comparison. */
  byte[] contents() {
    return counts.write();
  }

  // -- below

  /** Puts below what was counted since the last call. */
  void writeBack(Put put) {
    if (outdated || journal.isFull() || journalBytes + journal.bytes() > counts.bytes()) {
      putSketches(put);
    } else if (journal.bytes() > 0) {
      if (!stored) {
        putHeader(put);
      }
      for (byte[] record : journal.records()) {
        put.pair(key(JOURNAL, nextRecord++), record);
      }
      journalBytes += journal.bytes();
    }
    journal.clear();
  }

  private void putSketches(Put put) {
    byte[] written = counts.write();
    int before = chunks;
    chunks = 0;
    for (int at = 0; at < written.length; at += MOST_CHUNK_BYTES) {
      int end = Math.min(written.length, at + MOST_CHUNK_BYTES);
      put.pair(key(CHUNK, chunks++), Arrays.copyOfRange(written, at, end));
    }
    for (int i = chunks; i < before; i++) {
      put.pair(key(CHUNK, i), null);
    }
    for (; firstRecord < nextRecord; firstRecord++) {
      put.pair(key(JOURNAL, firstRecord), null);
    }
    journalBytes = 0;
    outdated = false;
    putHeader(put);
  }

  private void putHeader(Put put) {
    put.pair(
        key(HEADER, 0),
        ByteBuffer.allocate(HEADER_BYTES)
            .put(VERSION)
            .putLong(counts.bytes())
            .putLong(decay.halfLifeMs())
            .putInt(chunks)
            .putLong(firstRecord)
            .array());
    stored = true;
  }

  private static byte[] key(byte kind, long number) {
    return ByteBuffer.allocate(FIRST_KEY.length + Long.BYTES)
        .put(FIRST_KEY)
        .put(KIND_AT, kind)
        .putLong(number)
        .array();
  }

  /**
   * Takes a pair that was put; call it on an empty sketch for all of them, by rising key. Counts of
   * another size or half-life are not taken over: they begin anew.
   */
  void restore(byte[] key, byte[] value) {
    switch (key[KIND_AT]) {
      case HEADER -> restoreHeader(ByteBuffer.wrap(value));
      case CHUNK -> restoreChunk(value, ByteBuffer.wrap(key).getLong(FIRST_KEY.length) + 1);
      case JOURNAL -> restoreRecord(value, ByteBuffer.wrap(key).getLong(FIRST_KEY.length));
      default -> throw unreadable("kind " + key[KIND_AT]);
    }
  }

  private void restoreHeader(ByteBuffer header) {
    byte version = header.get();
    if (version != VERSION) {
      throw unreadable("version " + version);
    }
    long bytes = header.getLong();
    long halfLifeMs = header.getLong();
    chunks = header.getInt();
    firstRecord = header.getLong();
    nextRecord = firstRecord;
    stored = true;
    outdated = bytes != counts.bytes() || halfLifeMs != decay.halfLifeMs();
    if (outdated) {
      LOG.warn(
          "counts of categories without a row begin anew: they were kept in {} bytes with a"
              + " half-life of {} ms, and now are in {} bytes with one of {} ms",
          bytes,
          halfLifeMs,
          counts.bytes(),
          decay.halfLifeMs());
    }
  }

  private void restoreChunk(byte[] value, long soMany) {
    if (outdated) {
      return;
    }
    read.writeBytes(value);
    if (soMany == chunks) {
      counts.read(read.toByteArray());
      read = new ByteArrayOutputStream(0);
    }
  }

  private void restoreRecord(byte[] value, long number) {
    nextRecord = number + 1;
    if (!outdated) {
      SketchJournal.read(value, counts::add);
      journalBytes += value.length;
    }
  }

  private static IllegalStateException unreadable(String what) {
    return new IllegalStateException(
        "sketch: %s (expected: what Varve %d wrote)".formatted(what, VERSION));
  }
}
