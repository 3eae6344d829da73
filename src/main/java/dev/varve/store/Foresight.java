package dev.varve.store;

import dev.varve.layout.TableRule;
import dev.varve.learn.Optimizer;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowKeys;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a row that was read for an update what the update will find. A trainer is ahead of the
 * tables by all that is under way: some thousands of examples, in which a popular category would
 * have no row to learn for, or too few coordinates. So what is under way is counted here, by the
 * rule that the shard follows, and new coordinates begin as those of the table will.
 *
 * <p>It may err: where the shard has no room the row stays as it was, and what was learned for more
 * than it has is passed over there. Rows that will have less are left as they are.
 *
 * <p><b>Threads:</b> one at a time, beside the shard's writer.
 */
final class Foresight {
  private final Shard shard;
  private final Popularity decay;
  private final Optimizer optimizer;
  private final long atUnits;
  private String table = "";
  private @Nullable TableRule rule;

  /**
   * @param atMs event time of the update, milliseconds
   */
  Foresight(Shard shard, long atMs) {
    this.shard = shard;
    this.decay = shard.settings().decay();
    this.optimizer = shard.settings().optimizer();
    this.atUnits = PackedPopularity.packTime(atMs);
  }

  /**
   * Widens a state.
   *
   * @param i which of the keys it is
   * @param has its dimension, {@link ResidentRows#ABSENT} where there is not even a trace
   * @param packed its popularity, packed, at the time {@code units}, where it is there
   * @param out has the state from {@code from} on, and room for the widest
   * @return the dimension that it has then
   */
  int state(RowKeys keys, int i, int has, long packed, long units, float[] out, int from) {
    int current = Math.max(has, 0);
    int to = has == ResidentRows.ABSENT ? first(keys, i) : later(keys, i, has, packed, units);
    if (to <= current) {
      return has;
    }
    float[] wide = optimizer.initial(keys.table(i), keys.category(i), current, to);
    optimizer.encoding().copy(out, from, current, wide, 0, to);
    System.arraycopy(wide, 0, out, from, wide.length);
    return to;
  }

  private int first(RowKeys keys, int i) {
    int ahead = keys.underway(i);
    int now = keys.occurrences(i);
    if (ahead + now == 0) {
      return 0;
    }
    TableRule of = rule(keys.table(i));
    long category = keys.category(i);
    int to = ahead == 0 ? 0 : of.dimension(category, 0, ahead);
    // An update that gives a category its first row does so before it counts; and where that needs
    // no help of what was counted before, it takes none.
    to = to > 0 ? to : of.dimension(category, 0, now);
    return to > 0 ? to : of.dimension(category, 0, ahead + now);
  }

  private int later(RowKeys keys, int i, int has, long packed, long units) {
    int ahead = keys.underway(i);
    if (ahead == 0) {
      return has;
    }
    long counted = PackedPopularity.added(decay, packed, units, ahead, atUnits);
    double popularity = PackedPopularity.unpackPopularity(counted);
    return rule(keys.table(i)).dimension(keys.category(i), has, popularity);
  }

  /** Neighbours are mostly of one table. */
  private TableRule rule(String of) {
    TableRule known = rule;
    if (known == null || !of.equals(table)) {
      table = of;
      known = shard.rule(of);
      rule = known;
    }
    return known;
  }
}
