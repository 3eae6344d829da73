package dev.varve.store;

import dev.varve.learn.Gradient;
import dev.varve.learn.Optimizer;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowFormat;
import dev.varve.table.RowUpdates;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * The shared rows of a shard as its writer has them: learns from the gradients of categories
 * without a row, says what a new row begins with, and takes rows away that a layout has no use for.
 *
 * <p>A table's update is learned when all its own rows have been: how many of those are taken at a
 * time must not matter for what new rows begin with.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class SharedSteps {
  private static final int MOST_DIMENSION = 128;
  private static final int MOST_STATE = 2 * (1 + MOST_DIMENSION);

  private final ResidentRows rows;
  private final RowEncoding encoding;
  private final Below below;
  private final Optimizer optimizer;
  private final Runnable writeBack;
  private final int[] slots = new int[SharedRows.MOST_PARTS];
  private final long[] keys = new long[SharedRows.MOST_PARTS];
  private final float[] states = new float[SharedRows.MOST_PARTS * MOST_STATE];
  private final float[] composed = new float[MOST_STATE];
  private final float[] gradient = new float[Gradient.length(MOST_DIMENSION)];
  private final int[] occurrences = new int[SharedRows.MOST_PARTS];
  private final long[] units = new long[SharedRows.MOST_PARTS];
  private final int[] at = new int[SharedRows.MOST_PARTS];
  private final RowUpdates.Batch batch;
  private SharedRows shared = SharedRows.NONE;
  private @Nullable ShardTable table;

  /**
   * @param writeBack makes all rows clean
   */
  SharedSteps(ResidentRows rows, Below below, Optimizer optimizer, Runnable writeBack) {
    this.rows = rows;
    this.encoding = rows.encoding();
    this.below = below;
    this.optimizer = optimizer;
    this.writeBack = writeBack;
    float[] gradients = new float[SharedRows.MOST_PARTS * Gradient.length(MOST_DIMENSION)];
    this.batch = new RowUpdates.Batch(occurrences, units, gradients, at);
  }

  /** Works with these from now on. */
  void use(SharedRows other, @Nullable ShardTable tableOfRows) {
    shared = other;
    table = tableOfRows;
  }

  /** Whether categories of a table share rows. */
  boolean serves(ShardTable of) {
    return shared.serves(of.id());
  }

  /**
   * Learns from those rows of an update that {@link UpdateColumns#share} has found to have no row.
   *
   * @param earliest time that a row has afterwards, at least, packed
   * @return how many gradients were refused
   */
  int step(ShardTable of, UpdateColumns columns, RowUpdates updates, long earliest) {
    ShardTable to = table;
    int refused = 0;
    for (int k = 0; k < columns.shared() && to != null; k++) {
      int i = columns.sharedRow(k);
      read(of.id(), columns.key(i));
      columns.sharedGradient(k, shared.dimension(), gradient);
      shared.gradients(gradient, states, MOST_STATE, batch.gradients());
      bring(to);
      for (int part = 0; part < shared.parts(); part++) {
        occurrences[part] = columns.occurrences()[i];
        units[part] = columns.units()[i];
        at[part] = part * Gradient.length(shared.dimension());
      }
      refused += updates.update(slots, shared.parts(), batch, 0, to, earliest) > 0 ? 1 : 0;
      to.setDirty();
    }
    return refused;
  }

  /** The states of a category's shared rows, and their categories. */
  private void read(int of, long category) {
    int length = encoding.stateLength(shared.dimension());
    for (int part = 0; part < shared.parts(); part++) {
      keys[part] = shared.row(of, category, part);
      int slot = rows.find(shared.id(), keys[part]);
      if (slot != ResidentRows.ABSENT) {
        rows.load(slot, states, part * MOST_STATE);
      } else {
        byte[] value = below.get(RowFormat.key(shared.id(), keys[part]));
        if (value == null) {
          System.arraycopy(shared.initial(keys[part]), 0, states, part * MOST_STATE, length);
        } else {
          RowFormat.check(value, encoding);
          RowFormat.state(value, 0, states, part * MOST_STATE, length);
        }
      }
    }
  }

  /** The shared rows in memory, those that are not there yet too. */
  private void bring(ShardTable to) {
    if (find()) {
      return;
    }
    rows.reserve(shared.dimension(), shared.parts(), writeBack);
    find();
    for (int part = 0; part < shared.parts(); part++) {
      if (slots[part] == ResidentRows.ABSENT) {
        slots[part] = insert(to, part);
      }
    }
  }

  private boolean find() {
    boolean all = true;
    for (int part = 0; part < shared.parts(); part++) {
      slots[part] = rows.find(shared.id(), keys[part]);
      all &= slots[part] != ResidentRows.ABSENT;
    }
    return all;
  }

  /** Its state was read just now; only whether it is new, and how popular, must be asked again. */
  private int insert(ShardTable to, int part) {
    byte[] value = below.get(RowFormat.key(shared.id(), keys[part]));
    long popularity = value == null ? 0 : RowFormat.popularity(value);
    long time = value == null ? 0 : RowFormat.time(value);
    if (value == null) {
      to.rowAdded(shared.dimension());
    }
    return rows.insert(
        shared.id(),
        keys[part],
        shared.dimension(),
        popularity,
        time,
        states,
        part * MOST_STATE,
        value == null);
  }

  /**
   * The state of a row that a category is given: weight and leading coordinates as it was served
   * until now, behind them those of any new row.
   */
  float[] first(ShardTable of, long category, int dimension) {
    float[] state = optimizer.initial(of.name(), category, dimension);
    if (serves(of)) {
      read(of.id(), category);
      int length = encoding.stateLength(shared.dimension());
      shared.compose(states, 0, MOST_STATE, length, composed, 0);
      System.arraycopy(composed, 0, state, 0, 1 + Math.min(dimension, shared.dimension()));
    }
    return state;
  }

  /** Takes away all shared rows of a table. All rows must be clean. */
  void drop(ShardTable from, int of, RowUpdates updates) {
    List<KeyValue<Bytes, byte[]>> gone = new ArrayList<>();
    long first = SharedRows.first(of);
    below.scan(
        RowFormat.key(from.id(), first),
        RowFormat.key(from.id(), first | 0xFFFF_FFFFL),
        (key, value) -> {
          int dimension = RowFormat.check(value, encoding);
          from.bins(dimension).leave(updates.bin(value));
          from.forgotten(dimension);
          int slot = rows.find(from.id(), RowFormat.category(key));
          if (slot != ResidentRows.ABSENT) {
            rows.remove(slot);
          }
          gone.add(KeyValue.pair(Bytes.wrap(key), null));
        });
    below.putAll(gone);
  }
}
