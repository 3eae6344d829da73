package dev.varve.store;

import dev.varve.learn.Optimizer;
import dev.varve.schema.Layout;
import dev.varve.table.PackedPopularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves rows to other dimensions.
 *
 * <p>A row that gains coordinates is given those that a new row of its key would begin with, so
 * what is served changes by them at most; one that loses some keeps the leading ones. What is cut
 * off is kept aside, and given back under a layout that restores an earlier one.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class RowMoves {
  private static final int MOST_STATE = 2 * (1 + 128);

  private final ResidentRows rows;
  private final RowEncoding encoding;
  private final Optimizer optimizer;
  private final ShardLayout layout;
  private final RecentMoves recent;
  private final Kept kept;
  private final SharedSteps shared;
  private final float[] state = new float[MOST_STATE];

  RowMoves(
      ResidentRows rows,
      Optimizer optimizer,
      ShardLayout layout,
      RecentMoves recent,
      Kept kept,
      SharedSteps shared) {
    this.rows = rows;
    this.encoding = rows.encoding();
    this.optimizer = optimizer;
    this.layout = layout;
    this.recent = recent;
    this.kept = kept;
    this.shared = shared;
  }

  /**
   * Moves a row that is in memory. There must be room for it.
   *
   * @return its new slot
   */
  int move(ShardTable table, int slot, int to, RecentMoves.Reason reason, long bin) {
    int from = rows.dimension(slot);
    long category = rows.category(slot);
    rows.load(slot, state, 0);
    float[] moved = state(table, category, from, to, state);
    if (!rows.isDirty(slot)) {
      table.bins(from).leave(bin);
    }
    remember(table, category, from, to, rows.popularity(slot), rows.time(slot), reason);
    return rows.move(slot, to, moved, 0);
  }

  /** Counts that a category has been given a row. */
  void admitted(ShardTable table, long category, int to, double popularity, long units) {
    table.rowAdded(to);
    layout.moved();
    add(table, category, 0, to, units, RecentMoves.Reason.ADMITTED, popularity);
  }

  /**
   * Whether nothing more should be known of a category: it is to have no row, its popularity is
   * below the layout's least, and nothing is kept of it that a rollback might ask for.
   */
  boolean isForgotten(ShardTable table, long category, int from, int to, double popularity) {
    return isFaded(to, popularity)
        && (layout.layout().getKeepMs() == 0
            || (from == 0 && kept.get(table.id(), category).isEmpty()));
  }

  /** Whether it is forgotten unless something is kept of it. */
  boolean isFaded(int to, double popularity) {
    return to == 0 && popularity < layout.layout().getExpire();
  }

  /** Whether a sweep has to know what is kept of a row. */
  boolean asksKept(int to, double popularity) {
    return layout.layout().getRestores() > 0 || isFaded(to, popularity);
  }

  /** Whether a sweep has to move a row, or to take away what is left of it. */
  boolean isDue(ShardTable table, long category, int from, int to, double popularity) {
    return (to != from && !waits(table, category, from, to))
        || isForgotten(table, category, from, to, popularity);
  }

  /**
   * Whether a trace that is due a row is left to the update that touches it next: the row begins
   * with what shared rows serve then. What they served when the layout came is not known any more
   * when a sweep comes by, and rows must not depend on when that is.
   */
  private boolean waits(ShardTable table, long category, int from, int to) {
    return from == 0 && to > 0 && shared.serves(table) && !comesBack(table, category);
  }

  private boolean comesBack(ShardTable table, long category) {
    if (layout.layout().getRestores() == 0) {
      return false;
    }
    List<Kept.Part> parts = kept.get(table.id(), category);
    return !parts.isEmpty() && parts.getFirst().from() == 0 && isRestored(parts.getFirst());
  }

  private boolean isRestored(Kept.Part part) {
    return part.version() > layout.layout().getRestores();
  }

  /** Counts that nothing is left of a category. */
  void forgotten(ShardTable table, long category, int from) {
    table.forgotten(from);
    layout.moved();
    kept.set(table.id(), category, List.of());
    add(table, category, from, 0, -1, RecentMoves.Reason.FORGOTTEN, 0);
  }

  /** Counts a move. */
  void remember(
      ShardTable table,
      long category,
      int from,
      int to,
      long popularity,
      long units,
      RecentMoves.Reason reason) {
    table.rowMoved(from, to);
    layout.moved();
    double p = PackedPopularity.unpackPopularity(popularity);
    add(table, category, from, to, units, reason, p);
  }

  private void add(
      ShardTable table,
      long category,
      int from,
      int to,
      long units,
      RecentMoves.Reason reason,
      double popularity) {
    long ms = Math.max(PackedPopularity.unpackTime(Math.max(0, units)), layout.sinceMs());
    recent.add(table.id(), category, from, to, ms, layout.version(), reason, popularity);
  }

  /** Moves a row: gives the state that it has behind that, and keeps aside what is cut off. */
  float[] state(ShardTable table, long category, int from, int to, float[] before) {
    float[] after = ahead(table, category, from, to, before);
    keep(table, category, from, to, before);
    return after;
  }

  /**
   * The state that a row will have behind a move, for readers: what it has already, and behind that
   * what was cut off, or what a new row would have. Changes nothing.
   */
  float[] ahead(ShardTable table, long category, int from, int to, float[] before) {
    float[] after;
    if (to <= from) {
      after = new float[encoding.rowFloats(to)];
    } else if (from == 0 && !comesBack(table, category)) {
      after = shared.first(table, category, to);
    } else {
      after = optimizer.initial(table.name(), category, from, to);
    }
    encoding.copy(before, from, after, to);
    if (to > from && layout.layout().getRestores() > 0) {
      giveBack(table.id(), category, from, to, after);
    }
    return after;
  }

  /** Keeps aside what a move cuts off, and no longer what it gives back. */
  void keep(ShardTable table, long category, int from, int to, float[] before) {
    Layout in = layout.layout();
    if (to < from && in.getKeepMs() > 0) {
      float[] rest = encoding.part(before, from, to, from);
      var part = new Kept.Part(to, from, in.getVersion(), layout.cameMs(), rest);
      kept.add(table.id(), category, part);
    } else if (to > from && in.getRestores() > 0) {
      float[] nowhere = new float[encoding.rowFloats(to)];
      kept.set(table.id(), category, giveBack(table.id(), category, from, to, nowhere));
    } else {
      kept.set(table.id(), category, List.of());
    }
  }

  /**
   * Puts back what was cut under layouts newer than the one that is restored.
   *
   * @return what is to be kept on
   */
  private List<Kept.Part> giveBack(int table, long category, int from, int to, float[] after) {
    List<Kept.Part> rest = new ArrayList<>(kept.get(table, category));
    int end = from;
    while (end < to
        && !rest.isEmpty()
        && isRestored(rest.getFirst())
        && rest.getFirst().from() == end) {
      Kept.Part part = rest.removeFirst();
      end = Math.min(part.to(), to);
      float[] wide = new float[encoding.rowFloats(part.to())];
      encoding.putPart(part.floats(), part.from(), part.to(), wide, part.to());
      float[] back = encoding.part(wide, part.to(), part.from(), end);
      encoding.putPart(back, part.from(), end, after, to);
      if (end < part.to()) {
        float[] beyond = encoding.part(wide, part.to(), end, part.to());
        rest.addFirst(new Kept.Part(end, part.to(), part.version(), part.cutMs(), beyond));
      }
    }
    // Behind new coordinates nothing that was cut off before joins the row.
    return end < to ? List.of() : rest;
  }
}
