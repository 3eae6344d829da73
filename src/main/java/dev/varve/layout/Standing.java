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
  final Balance.Setup setup;
  final Ledger ledger;
  final Planner planner;
  final CensusMerge census = new CensusMerge();

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
    state.setBudget(budget.amount()).setUnit(budget.unit()).setRevision(state.getRevision() + 1);
  }

  Terms terms() {
    return new Terms(budget(), state.getPinsList(), state.getTablePinsMap());
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
    census.put(shard);
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
   * Puts a layout into force.
   *
   * @param layout without version
   * @param outcome the phase when every row follows it
   */
  Layout publish(Layout.Builder layout, Phase outcome, String reason, long atMs) {
    layout.setVersion(version() + 1).setReason(reason).setMadeMs(atMs);
    long planned = planner.used(census, layout.build(), terms());
    layout.setGrowth(planner.growthPerShard(terms(), planned));
    layout.setSlack(planner.growthPerShard(budget())).clearQuotas();
    if (budget().exists() && layout.getRestores() == 0) {
      layout.putAllQuotas(planner.quotas(census, layout.build(), terms()));
    }
    Layout made = layout.build();
    state.setLayout(made).setApplying(true).setOutcome(outcome);
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
    return true;
  }
}
