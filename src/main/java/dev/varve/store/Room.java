package dev.varve.store;

import dev.varve.layout.RowCost;
import dev.varve.schema.Layout;
import dev.varve.schema.Price;
import dev.varve.schema.ShardState;
import dev.varve.table.PackedPopularity;

/**
 * What the rows of a shard may take until the next layout, and the price that keeps them within it.
 *
 * <p>A layout's thresholds fit the rows as a census saw them. When the layout comes, and whenever
 * rows that became popular have used up the room that was left, a shard finds the least price, a
 * factor of all its thresholds, at which its rows leave the layout's slack free: those that have
 * faded most make room, in every table at the same rate. Room is given out when it is there: rows
 * take more than they may only where they did before, or while some rise before others fall.
 *
 * <p><b>Units:</b> what rows take in the layout's unit of budget; event time packed.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class Room {
  private int price;
  private long sinceUnits = -1;
  private boolean swept = true;

  /** What rows may take; 0 when not known yet, then growth is measured from the sweep's end. */
  private long quota;

  /** What touched rows may take since the price changed; 0 for no bound. */
  private long room;

  /** By how much less than their slack rows left free, added up until they left it. */
  private long missing;

  private long grownByMoves;
  private long grownByAdmissions;
  private long askedByMoves;
  private long askedByAdmissions;
  private long held;

  /**
   * Admissions and moves have each their share: which of them comes first depends on how many rows
   * are updated at a time, and must not matter.
   */
  private double admissionShare = 0.5;

  /**
   * A layout has come.
   *
   * @param may what rows may take; 0 when the layout does not say
   */
  void begin(long may, long growth, long units) {
    price = 0;
    swept = true;
    quota = may;
    missing = 0;
    since(growth, units);
  }

  private void since(long free, long units) {
    double asked = askedByAdmissions + askedByMoves;
    admissionShare = asked > 0 ? (askedByAdmissions + 1) / (asked + 2) : admissionShare;
    room = free;
    sinceUnits = units;
    grownByMoves = 0;
    grownByAdmissions = 0;
    askedByMoves = 0;
    askedByAdmissions = 0;
    held = 0;
  }

  void restore(ShardState state, long growth, long cameUnits) {
    grownByMoves = state.getGrown();
    grownByAdmissions = state.getGrownByAdmissions();
    room = growth;
    sinceUnits = cameUnits;
    if (state.hasPrice()) {
      Price kept = state.getPrice();
      price = kept.getSteps();
      sinceUnits = PackedPopularity.packTime(kept.getAtMs());
      swept = kept.getSwept();
      quota = kept.getQuota();
      room = kept.getRoom();
      askedByAdmissions = kept.getAskedByAdmissions();
      askedByMoves = kept.getAskedByMoves();
      held = kept.getHeld();
      missing = kept.getMissing();
      admissionShare = kept.getAdmissionShare();
    }
  }

  void addTo(ShardState.Builder state) {
    state
        .setGrown(grownByMoves)
        .setGrownByAdmissions(grownByAdmissions)
        .setPrice(
            Price.newBuilder()
                .setSteps(price)
                .setAtMs(PackedPopularity.unpackTime(sinceUnits))
                .setSwept(swept)
                .setQuota(quota)
                .setRoom(room)
                .setAskedByAdmissions(askedByAdmissions)
                .setAskedByMoves(askedByMoves)
                .setHeld(held)
                .setMissing(missing)
                .setAdmissionShare(admissionShare));
  }

  /** By how many steps of {@link RowCount} thresholds are above the layout's, or below. */
  int price() {
    return price;
  }

  /** When the price changed, or the layout came; negative before the first layout. */
  long sinceUnits() {
    return sinceUnits;
  }

  /** Whether every row follows the price. */
  boolean isSwept() {
    return swept;
  }

  void swept() {
    swept = true;
  }

  /** Whether touched rows were refused room since the price changed. */
  boolean isAwaited() {
    return held > 0;
  }

  /** Whether touched rows were refused room since the price changed, or soon will be. */
  boolean isShort() {
    return isAwaited() || 2 * grown() > room;
  }

  /**
   * Sets the price anew, for rows that all follow the layout and the price so far. What they will
   * make free touched rows may take when they have: until then only what is free now.
   */
  void make(RowCount rows, RowCost cost, Layout layout, long units) {
    long used = rows.used(cost);
    if (quota == 0) {
      quota = used - grown() + layout.getGrowth();
    }
    price = rows.price(cost, layout, quota - layout.getSlack() - missing);
    swept = false;
    since(Math.max(1, quota - Math.max(used, rows.used(cost, layout, price))), units);
  }

  /**
   * Every row follows the price: gives out what is free now. Where rows of the same popularity lie
   * at the edge of a bin fewer may have fallen than were counted; then the next price is higher.
   *
   * @param used what rows take
   * @param slack that they were to leave
   * @return whether it is known what they may take
   */
  boolean settle(long used, long slack) {
    if (quota > 0) {
      long free = quota - (used - grown());
      room = Math.max(1, free);
      missing = free < slack ? missing + slack - free : 0;
      held = 0;
    }
    return quota > 0;
  }

  /** What touched rows may take since the price changed; 0 for no bound. */
  long room() {
    return room;
  }

  /** What touched rows have taken since then. */
  private long grown() {
    return grownByMoves + grownByAdmissions;
  }

  /** Whether a new row may take so much; counts it then. */
  boolean admit(long takes) {
    askedByAdmissions += takes;
    if (room > 0 && grownByAdmissions + takes > room * admissionShare) {
      held++;
      return false;
    }
    grownByAdmissions += takes;
    return true;
  }

  /** Whether a row may take so much more; counts it then. It may always take less. */
  boolean move(long more) {
    askedByMoves += Math.max(0, more);
    if (room > 0 && more > 0 && grownByMoves + more > room * (1 - admissionShare)) {
      held++;
      return false;
    }
    grownByMoves += more;
    return true;
  }

  /**
   * What rows take more than when all followed the layout.
   *
   * @param used what they take now
   */
  long grown(long used, long growth) {
    return quota == 0 ? grown() : used - (quota - growth);
  }
}
