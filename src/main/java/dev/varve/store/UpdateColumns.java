package dev.varve.store;

import dev.varve.learn.Gradient;
import dev.varve.schema.TableUpdate;
import dev.varve.table.PackedPopularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowUpdates;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.collections.IntArrayList;

/**
 * The columns of one table's update, and its gradients made to fit the rows: a row may have moved
 * since the trainer read it. Then the coordinates count that both have; they are the leading ones.
 *
 * <p><b>Threads:</b> the shard's writer; reused from update to update.
 */
final class UpdateColumns {
  private static final int NO_GRADIENT = -1;

  private final int dimension;
  private long[] keys = {};
  private int[] occurrences = {};
  private long[] units = {};

  /** Each row's dimension as the trainer read it. */
  private int[] read = {};

  /** Where each row's gradient begins; negative for none. */
  private int[] at = {};

  /** The gradients as they came, and behind them those that were made to fit. */
  private float[] gradients = {};

  /** Where the gradients end that came. */
  private int end;

  /** Rows with a gradient and no row of their own, and where their gradients begin. */
  private final IntArrayList shared = new IntArrayList();

  private final IntArrayList sharedAt = new IntArrayList();

  /**
   * @param dimension of the widest rows
   */
  UpdateColumns(int dimension) {
    this.dimension = dimension;
  }

  void read(TableUpdate update, long batchMs) {
    int n = update.getKeysCount();
    growTo(n);
    for (int i = 0; i < n; i++) {
      keys[i] = update.getKeys(i);
      occurrences[i] = update.getOccurrences(i);
      units[i] = PackedPopularity.packTime(batchMs + update.getEventTimeOffsetsMs(i));
    }
    end = 0;
    shared.clear();
    sharedAt.clear();
    boolean isUniform = update.getDimensionsCount() == 0;
    for (int i = 0; i < n; i++) {
      read[i] = isUniform ? dimension : update.getDimensions(i);
      at[i] = read[i] == 0 ? NO_GRADIENT : end;
      end += read[i] == 0 ? 0 : Gradient.length(read[i]);
    }
    int room = end + ResidentRows.CHUNK * Gradient.length(dimension);
    if (gradients.length < room) {
      gradients = new float[room + end];
    }
    update
        .getGradients()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(gradients, 0, end);
  }

  private void growTo(int n) {
    if (keys.length < n) {
      keys = new long[2 * n];
      occurrences = new int[2 * n];
      units = new long[2 * n];
      read = new int[2 * n];
      at = new int[2 * n];
    }
  }

  /**
   * Makes the gradients of a chunk fit its rows.
   *
   * @param slots the rows of the chunk; negative ones have none
   */
  void fit(int[] slots, int from, int n) {
    int made = end;
    for (int i = 0; i < n; i++) {
      int slot = slots[i];
      if (slot >= 0 && at[from + i] >= 0 && ResidentRows.dimensionOf(slot) != read[from + i]) {
        int has = ResidentRows.dimensionOf(slot);
        if (has == 0) {
          at[from + i] = NO_GRADIENT;
        } else {
          fit(at[from + i], read[from + i], gradients, made, has);
          at[from + i] = made;
          made += Gradient.length(has);
        }
      }
    }
  }

  /**
   * Remembers those rows of a chunk that have a gradient and no row of their own. Call before
   * {@link #fit}.
   */
  void share(int[] slots, int from, int n) {
    for (int i = 0; i < n; i++) {
      boolean hasRow = slots[i] >= 0 && ResidentRows.dimensionOf(slots[i]) > 0;
      if (!hasRow && at[from + i] >= 0) {
        shared.addInt(from + i);
        sharedAt.addInt(at[from + i]);
      }
    }
  }

  /** How many rows were remembered, since the columns were read. */
  int shared() {
    return shared.size();
  }

  /** Which row it is that was remembered so. */
  int sharedRow(int k) {
    return shared.getInt(k);
  }

  /** Its gradient, made to fit a dimension. */
  void sharedGradient(int k, int has, float[] to) {
    fit(sharedAt.getInt(k), read[shared.getInt(k)], to, 0, has);
  }

  /** The squares are taken to be spread over the coordinates as the sum's are. */
  private void fit(int gradient, int came, float[] into, int to, int has) {
    int common = Math.min(came, has);
    into[to] = gradients[gradient];
    System.arraycopy(gradients, gradient + 1, into, to + 1, common);
    Arrays.fill(into, to + 1 + common, to + 1 + has, 0);
    into[to + 1 + has] = gradients[gradient + 1 + came];
    float squares = gradients[gradient + 2 + came];
    if (has < came) {
      float part = squares(gradient + 1, has);
      float all = part + squares(gradient + 1 + has, came - has);
      squares = all > 0 ? squares * (part / all) : 0;
    }
    into[to + 2 + has] = squares;
  }

  private float squares(int from, int n) {
    float sum = 0;
    for (int i = from; i < from + n; i++) {
      sum += gradients[i] * gradients[i];
    }
    return sum;
  }

  RowUpdates.Batch batch() {
    return new RowUpdates.Batch(occurrences, units, gradients, at);
  }

  long[] keys() {
    return keys;
  }

  long key(int i) {
    return keys[i];
  }

  int[] occurrences() {
    return occurrences;
  }

  long[] units() {
    return units;
  }

  long timeMs(int i) {
    return PackedPopularity.unpackTime(units[i]);
  }
}
