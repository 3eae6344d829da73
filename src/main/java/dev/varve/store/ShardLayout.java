package dev.varve.store;

import dev.varve.layout.RowCost;
import dev.varve.schema.Layout;
import dev.varve.schema.ShardState;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.RowEncoding;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The layout that a shard's rows follow, when it came, and how much touched rows have grown since.
 *
 * <p>A row is <em>untouched</em> when its time is not after the one at which the layout came. It
 * has the dimension that the rule gives for its popularity as of then, whether a sweep came by
 * already or the next update will see to it: so rows are a function of the update log alone.
 *
 * <p><b>Units:</b> event time packed; what rows take in the layout's unit of budget.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class ShardLayout {
  private static final int MOST_TIMES = 128;
  private static final long NEVER = -1;

  private final Popularity decay;
  private final RowCost.Both costs;
  private final TreeMap<Long, Long> times = new TreeMap<>();
  private Layout layout;

  /** When it came: no row that was not touched since is newer. */
  private long cameUnits = NEVER;

  /** As of when the popularity of untouched rows counts. */
  private long asOfUnits = NEVER;

  private long sweptVersion;
  private long grownByMoves;
  private long grownByAdmissions;
  private long held;
  private long moves;

  /**
   * @param first what rows follow before a layout comes
   */
  ShardLayout(Layout first, Popularity decay, RowEncoding encoding) {
    this.layout = first;
    this.decay = decay;
    this.costs = RowCost.Both.of(first.getBaseDimension(), encoding::stateLength);
    this.sweptVersion = first.getVersion();
  }

  void restore(ShardState state) {
    if (state.hasLayout()) {
      layout = state.getLayout();
      times.putAll(state.getLayoutTimesMap());
      sweptVersion = state.getSweptVersion();
      grownByMoves = state.getGrown();
      grownByAdmissions = state.getGrownByAdmissions();
      held = state.getHeld();
      moves = state.getMoves();
      setTimes();
    }
  }

  void addTo(ShardState.Builder state) {
    if (cameUnits != NEVER) {
      state
          .setLayout(layout)
          .putAllLayoutTimes(times)
          .setSweptVersion(sweptVersion)
          .setGrown(grownByMoves)
          .setGrownByAdmissions(grownByAdmissions)
          .setHeld(held)
          .setMoves(moves);
    }
  }

  /** Takes a newer layout. */
  void follow(Layout next, long watermarkMs) {
    long units = Math.max(PackedPopularity.packTime(watermarkMs), cameUnits + 1);
    layout = next;
    times.put(next.getVersion(), PackedPopularity.unpackTime(units));
    while (times.size() > MOST_TIMES) {
      times.pollFirstEntry();
    }
    grownByMoves = 0;
    grownByAdmissions = 0;
    held = 0;
    moves = 0;
    setTimes();
  }

  private void setTimes() {
    cameUnits = units(layout.getVersion());
    asOfUnits = times.containsKey(layout.getRestores()) ? units(layout.getRestores()) : cameUnits;
  }

  private long units(long version) {
    return PackedPopularity.packTime(Objects.requireNonNull(times.get(version)));
  }

  Layout layout() {
    return layout;
  }

  long version() {
    return layout.getVersion();
  }

  /** Whether one came: until then no row is untouched. */
  boolean hasCome() {
    return cameUnits != NEVER;
  }

  /** The time that a row has after an update, at least: then it is no longer untouched. */
  long earliest() {
    return cameUnits + 1;
  }

  boolean isUntouched(long units) {
    return units <= cameUnits;
  }

  /** The popularity of an untouched row that its dimension depends on. */
  double popularity(long packed, long units) {
    double then = PackedPopularity.unpackPopularity(packed);
    return asOfUnits <= units
        ? then
        : then * decay.decay(PackedPopularity.unpackTime(asOfUnits - units));
  }

  /** When the layout came, milliseconds of event time. */
  long cameMs() {
    return PackedPopularity.unpackTime(Math.max(0, cameUnits));
  }

  /** What was cut under a layout that came before this is kept no longer. */
  long oldestKeptMs() {
    return cameMs() - layout.getKeepMs();
  }

  // -- the sweep

  boolean isSwept() {
    return sweptVersion == layout.getVersion();
  }

  long sweptVersion() {
    return sweptVersion;
  }

  /** Popularity is counted in another way: what untouched rows have may differ. */
  void sweepAgain() {
    sweptVersion = hasCome() ? 0 : sweptVersion;
  }

  void swept() {
    sweptVersion = layout.getVersion();
  }

  // -- growth

  private long cost(int dimension) {
    return costs.in(layout.getUnit()).row(dimension);
  }

  /**
   * Whether a category that is touched may be given a row; counts it as growth then. Admissions and
   * moves may take half of the growth each: which of them comes first depends on how many rows are
   * updated at a time, and must not matter.
   */
  boolean admit(int dimension) {
    if (!hasCome()) {
      return true;
    }
    long grown = grownByAdmissions + cost(dimension);
    if (isTooMuch(grown)) {
      held++;
      return false;
    }
    grownByAdmissions = grown;
    return true;
  }

  /** Whether a row that is touched may move; counts it as growth then. */
  boolean move(int from, int to) {
    long grown = grownByMoves + cost(to) - cost(from);
    if (to > from && isTooMuch(grown)) {
      held++;
      return false;
    }
    grownByMoves = grown;
    return true;
  }

  private boolean isTooMuch(long grown) {
    return layout.getGrowth() > 0 && grown > layout.getGrowth() / 2;
  }

  long grown() {
    return grownByMoves + grownByAdmissions;
  }

  long held() {
    return held;
  }

  long moves() {
    return moves;
  }

  void moved() {
    moves += hasCome() ? 1 : 0;
  }
}
