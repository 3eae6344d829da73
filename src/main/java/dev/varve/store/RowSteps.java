package dev.varve.store;

import dev.varve.learn.Gradient;
import dev.varve.learn.Optimizer;
import dev.varve.schema.TableUpdate;
import dev.varve.table.PackedPopularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import dev.varve.table.RowUpdates;
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
  private final Optimizer optimizer;
  private final RowUpdates updates;
  private final Runnable writeBack;
  private final int chunk;
  private final int[] slots = new int[ResidentRows.CHUNK];
  private final int[] missing = new int[ResidentRows.CHUNK];
  private final byte[][] missingKeys = new byte[ResidentRows.CHUNK][];
  private final byte[] @Nullable [] values = new byte[ResidentRows.CHUNK][];
  private final float[] state = new float[MOST_STATE];
  private long[] keys = {};
  private int[] occurrences = {};
  private long[] units = {};
  private float[] gradients = {};
  private long refusedGradients;

  /**
   * @param writeBack makes all rows clean
   */
  RowSteps(ResidentRows rows, Below below, EmbeddingStore.Settings settings, Runnable writeBack) {
    this.rows = rows;
    this.below = below;
    this.dimension = settings.dimension();
    this.optimizer = settings.optimizer();
    this.updates = new RowUpdates(rows, settings.decay(), optimizer);
    this.writeBack = writeBack;
    this.chunk = rows.chunk(dimension);
  }

  long refusedGradients() {
    return refusedGradients;
  }

  /** Applies an update that was checked. */
  void apply(ShardTable table, TableUpdate update, long batchMs) {
    int n = update.getKeysCount();
    growTo(n);
    read(update, batchMs, n);
    var batch = new RowUpdates.Batch(occurrences, units, gradients, Gradient.length(dimension));
    for (int from = 0; from < n; from += chunk) {
      int rowsHere = Math.min(chunk, n - from);
      rows.reserve(dimension, rowsHere, writeBack);
      rows.find(table.id(), keys, from, rowsHere, slots);
      fetch(table, from, rowsHere);
      refusedGradients += updates.update(slots, rowsHere, batch, from, table.bins());
      table.occurred(occurrences, from, rowsHere);
    }
  }

  private void growTo(int n) {
    if (keys.length < n) {
      keys = new long[2 * n];
      occurrences = new int[2 * n];
      units = new long[2 * n];
      gradients = new float[2 * n * Gradient.length(dimension)];
    }
  }

  private void read(TableUpdate update, long batchMs, int n) {
    for (int i = 0; i < n; i++) {
      keys[i] = update.getKeys(i);
      occurrences[i] = update.getOccurrences(i);
      units[i] = PackedPopularity.packTime(batchMs + update.getEventTimeOffsetsMs(i));
    }
    update
        .getGradients()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(gradients, 0, n * Gradient.length(dimension));
  }

  /** Gets the rows of a chunk that are not in memory. */
  private void fetch(ShardTable table, int from, int n) {
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
        there = take(table, keys[from + i], values[m], units[from + i]);
      }
      slots[i] = there;
    }
    Arrays.fill(missingKeys, 0, misses, null);
    Arrays.fill(values, 0, misses, null);
  }

  /** Takes a row into memory: the stored one, or a new one that begins at a time. */
  private int take(ShardTable table, long key, byte @Nullable [] value, long atUnits) {
    if (value == null) {
      float[] initial = optimizer.initial(table.name(), key, dimension);
      table.rowAdded(dimension);
      return rows.insert(table.id(), key, dimension, 0, atUnits, initial, 0, true);
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

  /** The popularity bin of the row in a slot. */
  long bin(int slot) {
    return updates.bin(slot);
  }
}
