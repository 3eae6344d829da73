package dev.varve.layout;

import dev.varve.schema.BalanceState;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Census;
import dev.varve.schema.KeptLayout;
import dev.varve.schema.Layout;
import dev.varve.schema.Phase;
import java.util.ArrayList;
import java.util.List;

/**
 * Where rebalancing stands: state, census, and the layouts that wait to be published.
 *
 * <p><b>Threads:</b> one.
 */
final class Standing {
  /** What is left free for what no census has shown yet is at most this share of the budget. */
  private static final double MOST_RESERVE = 0.1;

  /** Room that is made beside what a sweep found more than expected, as a share of the budget. */
  private static final double MORE_RESERVE = 0.001;

  /** How much of the reserve goes with each sweep that did not need it. */
  private static final double FORGET = 0.25;

  final Balance.Setup setup;
  final Ledger ledger;
  final Planner planner;
  final CensusMerge census = new CensusMerge();

  /** Each shard's census before the newest. */
  private final CensusMerge earlier = new CensusMerge();

  BalanceState.Builder state;

  private final List<Layout> published = new ArrayList<>();

  Standing(Balance.Setup setup, Ledger ledger) {
    this.setup = setup;
    this.ledger = ledger;
    this.planner = new Planner(setup);
    ledger.forEachCensus(census::put);
    state = load();
  }

  /** What was saved, with the configured budget if that is another one now. */
  private BalanceState.Builder load() {
    BalanceState.Builder loaded = ledger.state().toBuilder();
    Budget budget = setup.config().budget();
    if (!loaded.getConfigured().equals(budget.toString())) {
      loaded.setConfigured(budget.toString());
      set(loaded, budget);
    }
    return loaded;
  }

  void save() {
    ledger.put(state.build());
  }

  /** Forgets what was not saved. */
  void restore() {
    state = load();
    published.clear();
  }

  List<Layout> takePublished() {
    List<Layout> taken = List.copyOf(published);
    published.clear();
    return taken;
  }

  Layout layout() {
    return state.getLayout();
  }

  long version() {
    return state.getLayout().getVersion();
  }

  Budget budget() {
    return Budget.of(state.getBudget(), state.getUnit());
  }

  void setBudget(Budget budget) {
    set(state, budget);
  }

  private static void set(BalanceState.Builder state, Budget budget) {
    state
        .setBudget(budget.amount())
        .setUnit(budget.unit())
        .setReserve(0)
        .setRevision(state.getRevision() + 1);
  }

  Terms terms() {
    return new Terms(budget(), state.getPinsList(), state.getTablePinsMap(), state.getReserve());
  }

  RowCost cost() {
    BudgetUnit unit = state.getUnit();
    return setup.costs().in(unit);
  }

  /** What is used now, in units of the budget. */
  long used() {
    return census.used(cost()) + planner.tail(census, layout(), cost());
  }

  /** Whether all shards have sent a census. */
  boolean complete() {
    return census.shards() >= setup.shards();
  }

  double rowsPerSec() {
    return state.getRowsPerSec() > 0 ? state.getRowsPerSec() : setup.rowsPerSec();
  }

  void put(Census shard, long atMs) {
    ledger.put(shard);
    census.put(shard).ifPresent(earlier::put);
    state.setCensusMs(Math.max(state.getCensusMs(), atMs));
  }

  /** Share of the rows that the sweep under way has seen; 1 when settled. */
  double progress() {
    return state.getApplying() ? census.swept(version(), setup.shards()) : 1;
  }

  /** Milliseconds that the sweep should still take, at its speed so far; 0 when not known. */
  long remainingMs() {
    double progress = progress();
    long elapsedMs = state.getCensusMs() - layout().getMadeMs();
    return progress <= 0 || progress >= 1 || elapsedMs <= 0
        ? 0
        : (long) Math.ceil(elapsedMs * (1 - progress) / progress);
  }

  /** The first layout, which shards follow without being told. */
  Layout begin(long nowMs) {
    Layout first = Layouts.first(setup.dimension());
    state.setLayout(first).setOutcome(Phase.IDLE).setLookedWallMs(nowMs);
    ledger.put(KeptLayout.newBuilder().setLayout(first).build());
    return first;
  }

  /**
   * The best layout under terms, without a version. It leaves room for what rows will use more when
   * it comes than they do now, if they go on as from the census before to this one.
   *
   * @throws OverBudgetException when even the least layout does not fit
   */
  Layout.Builder propose(Terms terms, Allocator.Kind kind, boolean edgesOnly)
      throws OverBudgetException {
    Layout.Builder layout = planner.propose(census, terms, kind, edgesOnly);
    long ahead = terms.budget().exists() ? ahead(layout.build(), terms) : 0;
    if (ahead > 0) {
      double share = Math.min(MOST_RESERVE, (double) ahead / terms.budget().amount());
      Terms less = terms.withReserve(terms.reserve() + share);
      return planner.hasRoom(census, less)
          ? planner.propose(census, less, kind, edgesOnly)
          : layout;
    }
    return layout;
  }

  /** How much more rows use under a layout than they would have one census before. */
  private long ahead(Layout layout, Terms terms) {
    if (earlier.shards() < setup.shards()) {
      return 0;
    }
    return Math.max(0, planner.used(census, layout, terms) - planner.used(earlier, layout, terms));
  }

  /**
   * Puts a layout into force.
   *
   * @param layout without version
   * @param outcome the phase when every row follows it
   */
  Layout publish(Layout.Builder layout, Phase outcome, String reason, long atMs) {
    layout.setVersion(version() + 1).setReason(reason).setMadeMs(atMs);
    long planned = planner.used(census, layout.build(), terms()) + ahead(layout.build(), terms());
    layout.setGrowth(planner.growthPerShard(terms(), planned));
    Layout made = layout.setSlack(planner.growthPerShard(budget())).build();
    state.setLayout(made).setApplying(true).setOutcome(outcome);
    state.setPlanned(planned);
    looked(atMs);
    ledger.put(
        KeptLayout.newBuilder().setLayout(made).putAllTablePins(state.getTablePinsMap()).build());
    published.add(made);
    return made;
  }

  /** Automatic rebalancing counts from here. */
  void looked(long atMs) {
    state
        .setLookedExamples(census.examples())
        .setLookedEventMs(census.watermarkMs())
        .setLookedWallMs(atMs);
  }

  /** Sees whether every row follows the layout by now, and did not before. */
  boolean settle(long atMs) {
    if (!state.getApplying() || !census.settled(version(), setup.shards())) {
      return false;
    }
    state.setApplying(false);
    double seconds = Math.max(0.05, (atMs - layout().getMadeMs()) / 1000.0);
    double rate = census.rowsAndTraces() / seconds;
    state.setRowsPerSec(Math.max(1, Math.max(rate, 0.8 * state.getRowsPerSec())));
    if (budget().exists()) {
      adaptReserve();
    }
    return true;
  }

  /**
   * Rows that come between a census and its layout are in no plan. What the sweep found more than
   * expected, beside growth, is left free from now on; when it finds less, slowly less is.
   */
  private void adaptReserve() {
    double more = (double) (used() - census.grown() - state.getPlanned()) / budget().amount();
    double reserve = state.getReserve();
    reserve =
        more > reserve ? more + MORE_RESERVE : reserve * (1 - FORGET) + FORGET * Math.max(0, more);
    state.setReserve(Math.min(MOST_RESERVE, reserve));
  }
}
