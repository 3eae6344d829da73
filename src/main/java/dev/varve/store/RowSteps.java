package dev.varve.store;

import com.google.protobuf.ByteString;
import dev.varve.learn.Adagrad;
import dev.varve.learn.Gradient;
import dev.varve.schema.TableUpdate;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Applies the updates of a table's rows, a chunk at a time: finds the rows in memory, fetches those
 * that are below in one read, makes those that are nowhere, counts and steps each.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class RowSteps {
  private static final int MOST_STATE = 2 * (1 + 128);

  private final ResidentRows rows;
  private final Below below;
  private final int dimension;
  private final Adagrad optimizer;
  private final Popularity decay;
  private final Runnable writeBack;
  private final int chunk;
  private final int[] slots = new int[ResidentRows.CHUNK];
  private final int[] missing = new int[ResidentRows.CHUNK];
  private final byte[][] missingKeys = new byte[ResidentRows.CHUNK][];
  private final byte[] @Nullable [] values = new byte[ResidentRows.CHUNK][];
  private final float[] state = new float[MOST_STATE];
  private long[] keys = new long[ResidentRows.CHUNK];
  private float[] gradients = new float[0];
  private long refusedGradients;

  /**
   * @param writeBack makes all rows clean
   */
  RowSteps(ResidentRows rows, Below below, EmbeddingStore.Settings settings, Runnable writeBack) {
    this.rows = rows;
    this.below = below;
    this.dimension = settings.dimension();
    this.optimizer = settings.optimizer();
    this.decay = settings.decay();
    this.writeBack = writeBack;
    this.chunk = rows.chunk(dimension);
  }

  long refusedGradients() {
    return refusedGradients;
  }

  /** Applies an update that was checked. */
  void apply(ShardTable table, TableUpdate update, long batchMs) {
    int n = update.getKeysCount();
    if (keys.length < n) {
      keys = new long[2 * n];
    }
    for (int i = 0; i < n; i++) {
      keys[i] = update.getKeys(i);
    }
    readGradients(update.getGradients());
    for (int from = 0; from < n; from += chunk) {
      int rowsHere = Math.min(chunk, n - from);
      rows.reserve(dimension, rowsHere, writeBack);
      rows.find(table.id(), keys, from, rowsHere, slots);
      fetch(table, update, batchMs, from, rowsHere);
      for (int i = 0; i < rowsHere; i++) {
        int at = from + i;
        step(
            table,
            slots[i],
            update.getOccurrences(at),
            batchMs + update.getEventTimeOffsetsMs(at),
            at * Gradient.length(dimension));
      }
    }
  }

  private void readGradients(ByteString bytes) {
    int n = bytes.size() / Float.BYTES;
    if (gradients.length < n) {
      gradients = new float[2 * n];
    }
    bytes
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(gradients, 0, n);
  }

  /** Gets the rows of a chunk that are not in memory. */
  private void fetch(ShardTable table, TableUpdate update, long batchMs, int from, int n) {
    int misses = 0;
    for (int i = 0; i < n; i++) {
      if (slots[i] == ResidentRows.ABSENT) {
        missing[misses] = i;
        missingKeys[misses++] = RowFormat.key(table.id(), keys[from + i]);
      }
    }
    if (misses == 0) {
      return;
    }
    below.get(missingKeys, misses, values);
    for (int m = 0; m < misses; m++) {
      int i = missing[m];
      // A batch that names a key twice would have found it missing twice.
      int there = m == 0 ? ResidentRows.ABSENT : rows.find(table.id(), keys[from + i]);
      if (there == ResidentRows.ABSENT) {
        long timeMs = batchMs + update.getEventTimeOffsetsMs(from + i);
        there = take(table, keys[from + i], values[m], timeMs);
      }
      slots[i] = there;
    }
    Arrays.fill(missingKeys, 0, misses, null);
    Arrays.fill(values, 0, misses, null);
  }

  /** Takes a row into memory: the stored one, or a new one that begins at a time. */
  private int take(ShardTable table, long key, byte @Nullable [] value, long timeMs) {
    if (value == null) {
      float[] initial = optimizer.initial(table.name(), key, dimension);
      table.rowAdded(dimension);
      return rows.insert(
          table.id(), key, dimension, 0, PackedPopularity.packTime(timeMs), initial, 0, true);
    }
    int stored = RowFormat.check(value, rows.encoding());
    RowFormat.state(value, 0, state, 0, rows.encoding().stateLength(stored));
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

  private void step(ShardTable table, int slot, int occurrences, long timeMs, int gradient) {
    long popularity = rows.popularity(slot);
    long time = rows.time(slot);
    long atTime = PackedPopularity.packTime(timeMs);
    if (!rows.isDirty(slot)) {
      table
          .bins()
          .leave(
              decay.bin(
                  PackedPopularity.unpackPopularity(popularity),
                  PackedPopularity.unpackTime(time)));
    }
    rows.load(slot, state, 0);
    if (!optimizer.step(state, 0, dimension, gradients, gradient)) {
      refusedGradients++;
    }
    rows.store(
        slot,
        PackedPopularity.added(decay, popularity, time, occurrences, atTime),
        Math.max(time, atTime),
        state,
        0);
    table.occurred(occurrences);
  }
}
