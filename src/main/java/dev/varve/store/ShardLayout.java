package dev.varve.store;

import dev.varve.layout.RowCost;
import dev.varve.layout.TableRule;
import dev.varve.schema.Layout;
import dev.varve.schema.ShardState;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.RowEncoding;
import java.util.Collection;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The layout that a shard's rows follow, when it came, and the room that is left for touched rows
 * to grow into. The shard multiplies the thresholds of all tables with one factor, the
 * <em>price</em> of room, so that rows take what they may, when the layout comes and whenever room
 * is used up.
 *
 * <p>A row is <em>untouched</em> when its time is not after the one at which the layout came, or
 * the price changed. It has the dimension that the rule gives for its popularity as of then,
 * whether a sweep came by already or the next update will see to it: so rows are a function of the
 * update log alone.
 *
 * <p><b>Units:</b> event time packed; what rows take in the layout's unit of budget.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class ShardLayout {
  private static final int MOST_TIMES = 128;
  private static final int PER_HALF_LIFE = 128;
  private static final long NEVER = -1;

  private final Popularity decay;
  private final RowCost.Both costs;
  private final TreeMap<Long, Long> times = new TreeMap<>();
  private Layout layout;

  /** When it came: no row that was not touched since is newer. */
  private long cameUnits = NEVER;

  /** As of when the popularity of untouched rows counts, until thresholds are raised. */
  private long asOfUnits = NEVER;

  private long sweptVersion;
  private long held;
  private long moves;
  private final Room room = new Room();

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
      held = state.getHeld();
      moves = state.getMoves();
      setTimes();
      room.restore(state, layout.getGrowth(), cameUnits);
    }
  }

  void addTo(ShardState.Builder state) {
    if (cameUnits != NEVER) {
      state
          .setLayout(layout)
          .putAllLayoutTimes(times)
          .setSweptVersion(sweptVersion)
          .setHeld(held)
          .setMoves(moves);
      room.addTo(state);
    }
  }

  /**
   * Takes a newer layout.
   *
   * @param quota what rows may take; 0 when the layout does not say
   * @param rows as they are now, with popularities as of {@link #nextMs}
   */
  void follow(Layout next, long quota, RowCount rows, long watermarkMs) {
    long units = next(watermarkMs);
    layout = next;
    times.put(next.getVersion(), PackedPopularity.unpackTime(units));
    while (times.size() > MOST_TIMES) {
      times.pollFirstEntry();
    }
    held = 0;
    moves = 0;
    setTimes();
    room.begin(quota, layout.getGrowth(), cameUnits);
    if (quota > 0) {
      room.make(rows, costs.in(layout.getUnit()), layout, cameUnits);
    }
  }

  /**
   * Whether touched rows want more than there is room for, and the thresholds should rise. They do
   * so at most once in a {@value #PER_HALF_LIFE}th of the half-life.
   */
  boolean isShort(long watermarkMs) {
    long every = Math.max(1, decay.halfLifeMs() / PER_HALF_LIFE);
    return layout.getSlack() > 0
        && room.isShort()
        && watermarkMs / every > PackedPopularity.unpackTime(room.sinceUnits()) / every;
  }

  /** The time of a change of price at a watermark, packed: later than all before. */
  private long next(long watermarkMs) {
    return Math.max(PackedPopularity.packTime(watermarkMs), room.sinceUnits() + 1);
  }

  /** As of when popularities count if room is made at a watermark, milliseconds. */
  long nextMs(long watermarkMs) {
    return PackedPopularity.unpackTime(next(watermarkMs));
  }

  /**
   * Sets the thresholds so that the rows leave some room. Every row must follow the layout.
   *
   * @param rows as they are now, with popularities as of {@link #nextMs}
   */
  void makeRoom(RowCount rows, long watermarkMs) {
    room.make(rows, costs.in(layout.getUnit()), layout, next(watermarkMs));
  }

  /** By how many steps of {@link RowCount} thresholds are above the layout's. */
  int price() {
    return room.price();
  }

  /** What the layout's thresholds are multiplied with. */
  double factor() {
    return RowCount.factor(room.price());
  }

  /** The rule of a table as it is now. */
  TableRule rule(String table) {
    return TableRule.of(layout, table, factor());
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
    return room.sinceUnits() + 1;
  }

  boolean isUntouched(long units) {
    return units <= room.sinceUnits();
  }

  /** The popularity of an untouched row that its dimension depends on. */
  double popularity(long packed, long units) {
    double then = PackedPopularity.unpackPopularity(packed);
    long asOf = room.sinceUnits() > cameUnits ? room.sinceUnits() : asOfUnits;
    return asOf <= units ? then : then * decay.decay(PackedPopularity.unpackTime(asOf - units));
  }

  /** When the layout came, milliseconds of event time. */
  long cameMs() {
    return PackedPopularity.unpackTime(Math.max(0, cameUnits));
  }

  /** When the layout came or its thresholds were raised, milliseconds of event time. */
  long sinceMs() {
    return PackedPopularity.unpackTime(Math.max(0, room.sinceUnits()));
  }

  /** What was cut under a layout that came before this is kept no longer. */
  long oldestKeptMs() {
    return cameMs() - layout.getKeepMs();
  }

  // -- the sweep

  /** Whether all rows follow the layout, and its thresholds as they are now. */
  boolean isSwept() {
    return followsLayout() && room.isSwept();
  }

  /** Whether all rows have followed the layout. */
  boolean followsLayout() {
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
    room.swept();
  }

  /**
   * All rows follow: what they leave free may be taken.
   *
   * @return whether it is known how much they may take
   */
  boolean settle(Collection<ShardTable> tables) {
    return room.settle(used(tables), layout.getSlack());
  }

  private long used(Collection<ShardTable> tables) {
    RowCost cost = costs.in(layout.getUnit());
    return tables.stream().mapToLong(table -> table.used(cost)).sum();
  }

  /** Whether touched rows were refused room since the price changed. */
  boolean isRoomAwaited() {
    return room.isAwaited();
  }

  /** What touched rows may take, counted from when the price changed; 0 for no bound. */
  long room() {
    return room.room();
  }

  // -- growth

  private long cost(int dimension) {
    return costs.in(layout.getUnit()).row(dimension);
  }

  /** Whether a category that is touched may be given a row; counts it as growth then. */
  boolean admit(int dimension) {
    return !hasCome() || granted(room.admit(cost(dimension)));
  }

  /** Whether a row that is touched may move; counts it as growth then. */
  boolean move(int from, int to) {
    return granted(room.move(cost(to) - cost(from)));
  }

  private boolean granted(boolean granted) {
    held += granted ? 0 : 1;
    return granted;
  }

  /** What rows take more than when all followed the layout. */
  long grown(Collection<ShardTable> tables) {
    return room.grown(used(tables), layout.getGrowth());
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
