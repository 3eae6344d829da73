package dev.varve.store;

import dev.varve.base.Seeds;
import dev.varve.layout.Layouts;
import dev.varve.learn.Gradient;
import dev.varve.learn.Optimizer;
import dev.varve.schema.Layout;
import dev.varve.schema.Tail;
import dev.varve.schema.TailEncoding;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The tail of a layout in one shard: which rows a category without a row of its own shares with
 * others, what its state is made of them, and how its gradient is theirs.
 *
 * <p>Shared rows are rows of a table of their own. The category of one is the number of the table
 * that it serves in the upper 32 bits, and its bucket in the lower. One that is not there yet is as
 * it begins, a pure function of the seed, the table's number and the bucket.
 *
 * <p><b>Shape:</b> states and gradients are those of rows of the tail's dimension d ({@link
 * Gradient}). With q and r of two rows, a vector is {@code q * r}, element by element, and the
 * gradient g of it is {@code g * r} for the one and {@code g * q} for the other; linear weights add
 * up, and have both the same gradient.
 *
 * <p><b>Threads:</b> any; nothing here changes.
 */
final class SharedRows {
  /** Rows that make up a category, at most. */
  static final int MOST_PARTS = 2;

  /** No category is served so. */
  static final SharedRows NONE =
      new SharedRows(Tail.getDefaultInstance(), -1, new boolean[0], null);

  private static final long SALT = 0x7A11;

  private final Tail tail;
  private final int id;
  private final boolean[] served;
  private final @Nullable Optimizer optimizer;

  private SharedRows(Tail tail, int id, boolean[] served, @Nullable Optimizer optimizer) {
    this.tail = tail;
    this.id = id;
    this.served = served;
    this.optimizer = optimizer;
  }

  /**
   * The shared rows of a layout.
   *
   * @param id of their table
   * @param tables of the shard, by number
   */
  static SharedRows of(Layout layout, int id, List<ShardTable> tables, Optimizer optimizer) {
    boolean[] served = new boolean[tables.size()];
    for (ShardTable table : tables) {
      served[table.id()] = Layouts.hasTail(layout, table.name());
    }
    return new SharedRows(layout.getTail(), id, served, optimizer);
  }

  /** Whether categories of a table share rows. */
  boolean serves(int table) {
    return table >= 0 && table < served.length && served[table];
  }

  /** Whether the shared rows of a table can be those of another layout. */
  boolean isSame(SharedRows other, int table) {
    return serves(table) && other.serves(table) && tail.equals(other.tail);
  }

  /** Number of the table that has the shared rows. */
  int id() {
    return id;
  }

  int dimension() {
    return tail.getDimension();
  }

  /** Rows that make up a category. */
  int parts() {
    return tail.getEncoding() == TailEncoding.QR ? 2 : 1;
  }

  /** Shared rows of a table for each part. */
  private int rowsOfPart() {
    return tail.getRows() / parts();
  }

  /** The category of a shared row: the one that makes up a part of this category. */
  long row(int table, long category, int part) {
    long hash = Seeds.mix(Seeds.mix(SALT, part), category);
    long bucket = Math.unsignedMultiplyHigh(hash, rowsOfPart()) + (long) part * rowsOfPart();
    return first(table) + bucket;
  }

  /** The category of the first shared row of a table. */
  static long first(int table) {
    return (long) table << Integer.SIZE;
  }

  /** What a shared row begins with: as other rows, but that what is multiplied with is all ones. */
  float[] initial(long row) {
    float[] state =
        Objects.requireNonNull(optimizer).initial(Layouts.SHARED_ROWS, row, dimension());
    if ((int) row >= rowsOfPart()) {
      Arrays.fill(state, 1, 1 + dimension(), 1);
    }
    return state;
  }

  /**
   * Makes a category's state of those of its shared rows. What the optimizer remembers is that of
   * the first: nearly what the next step will be divided by.
   *
   * @param states float32[parts][width]
   * @param length floats of a state
   */
  void compose(float[] states, int at, int width, int length, float[] to, int toAt) {
    System.arraycopy(states, at, to, toAt, length);
    for (int part = 1; part < parts(); part++) {
      int other = at + part * width;
      to[toAt] += states[other];
      for (int k = 1; k <= dimension(); k++) {
        to[toAt + k] *= states[other + k];
      }
    }
  }

  /**
   * The gradients of a category's shared rows. The squares of the examples' own gradients are taken
   * to change as their sum does.
   *
   * @param gradient of the category
   * @param states float32[parts][width]
   * @param to receives float32[parts][3 + d]
   */
  void gradients(float[] gradient, float[] states, int width, float[] to) {
    int d = dimension();
    int length = Gradient.length(d);
    for (int part = 0; part < parts(); part++) {
      int at = part * length;
      System.arraycopy(gradient, 0, to, at, length);
      if (parts() > 1) {
        int other = (1 - part) * width;
        float all = 0;
        float own = 0;
        for (int k = 1; k <= d; k++) {
          to[at + k] *= states[other + k];
          all += gradient[k] * gradient[k];
          own += to[at + k] * to[at + k];
        }
        to[at + 2 + d] = all > 0 ? gradient[2 + d] * (own / all) : 0;
      }
    }
  }
}
