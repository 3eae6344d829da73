package dev.varve.layout;

import static dev.varve.layout.RefusedCommandException.require;

import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Change;
import dev.varve.schema.ExplainCommand;
import dev.varve.schema.Explanation;
import dev.varve.schema.KeptLayout;
import dev.varve.schema.KeptPlan;
import dev.varve.schema.Layout;
import dev.varve.schema.Phase;
import dev.varve.schema.Plan;
import dev.varve.schema.PlanCommand;
import dev.varve.schema.Refusal;
import dev.varve.schema.RollbackCommand;
import dev.varve.schema.SetBudgetCommand;
import java.util.Locale;

/** Carries out what operators ask for. A command that is refused has changed nothing. */
final class Operator {
  private final Standing standing;
  private final LayoutChanges changes;
  private final Explanations explanations;

  Operator(Standing standing, Explanations explanations) {
    this.standing = standing;
    this.changes = new LayoutChanges(standing);
    this.explanations = explanations;
  }

  // -- plans

  Plan plan(PlanCommand command, String commandId, long atMs) throws RefusedCommandException {
    changes.requireAllShards();
    Terms terms = standing.terms();
    if (command.getBudget() != 0) {
      terms = terms.withBudget(budget(command.getBudget(), command.getUnit()));
    }
    Allocator.Kind kind = allocator(command.getAllocator());
    Layout layout =
        changes
            .propose(terms, kind)
            .setVersion(standing.version() + 1)
            .setReason("plan of command " + commandId)
            .setMadeMs(atMs)
            .build();
    long number = standing.state.getNextPlan() + 1;
    standing.state.setNextPlan(number);
    Plan plan =
        standing
            .planner
            .plan(standing.census, standing.layout(), layout, terms, standing.rowsPerSec())
            .setId("plan-" + number)
            .setMadeMs(atMs)
            .setExpiresMs(atMs + standing.setup.config().planTtl().toMillis())
            .setAllocator(kind.name().toLowerCase(Locale.ROOT))
            .build();
    standing.ledger.put(
        KeptPlan.newBuilder()
            .setPlan(plan)
            .setNumber(number)
            .setRevision(standing.state.getRevision())
            .build());
    return plan;
  }

  private Allocator.Kind allocator(String name) throws RefusedCommandException {
    return switch (name) {
      case "" -> standing.setup.config().allocator();
      case "power" -> Allocator.Kind.POWER;
      case "greedy" -> Allocator.Kind.GREEDY;
      default ->
          throw new RefusedCommandException(Refusal.INVALID, "allocator", name, "power or greedy");
    };
  }

  Change apply(String id, String commandId, long atMs) throws RefusedCommandException {
    changes.requireSettled("apply");
    KeptPlan kept =
        standing
            .ledger
            .plan(id)
            .orElseThrow(
                () ->
                    new RefusedCommandException(
                        Refusal.NOT_FOUND,
                        "plan",
                        id,
                        "the id of one of the last %d plans".formatted(Ledger.PLANS)));
    Plan plan = kept.getPlan();
    require(
        atMs < plan.getExpiresMs(),
        "plan",
        id,
        "one not expired; this one was made %d s ago".formatted((atMs - plan.getMadeMs()) / 1000));
    requireFresh(kept);
    Layout layout = plan.getLayout();
    Budget budget = Budget.of(layout.getBudget(), layout.getUnit());
    long uses = standing.planner.used(standing.census, layout, standing.terms().withBudget(budget));
    require(
        !budget.exists() || uses <= budget.amount(),
        "plan",
        id,
        "at most %s; with the rows there are now it would use %s: make a new plan"
            .formatted(budget, budget.text(uses)));
    if (!budget.equals(standing.budget())) {
      standing.setBudget(budget);
    }
    return changes.published(
        layout.toBuilder(), Phase.SETTLED, "apply %s".formatted(id), commandId, atMs);
  }

  private void requireFresh(KeptPlan kept) throws RefusedCommandException {
    Plan plan = kept.getPlan();
    require(
        plan.getBaseVersion() == standing.version(),
        "plan",
        plan.getId(),
        "one made from layout %d; this one was made from %d: make a new plan"
            .formatted(standing.version(), plan.getBaseVersion()));
    require(
        kept.getRevision() == standing.state.getRevision(),
        "plan",
        plan.getId(),
        "one made since budget or pins changed: make a new plan");
  }

  /** The newest plan that could be applied. */
  String applicable(long atMs) {
    return standing.ledger.plans().stream()
        .filter(kept -> kept.getPlan().getBaseVersion() == standing.version())
        .filter(kept -> kept.getRevision() == standing.state.getRevision())
        .map(KeptPlan::getPlan)
        .filter(plan -> atMs < plan.getExpiresMs())
        .map(Plan::getId)
        .findFirst()
        .orElse("");
  }

  // -- going back

  Change cancel(String commandId, long atMs) throws RefusedCommandException {
    require(
        standing.state.getApplying() && standing.state.getOutcome() == Phase.SETTLED,
        "cancel",
        "layout " + standing.version(),
        standing.state.getApplying()
            ? "one that is being applied; this one goes back already"
            : "one that is being applied; this one is settled: use rollback");
    KeptLayout before = layout(standing.version() - 1, "cancel");
    return goBack(before, Phase.CANCELLED, "cancel", commandId, atMs);
  }

  Change rollback(RollbackCommand command, String commandId, long atMs)
      throws RefusedCommandException {
    long version = command.getVersion() == 0 ? before(standing.version()) : command.getVersion();
    require(
        version >= 1 && version < standing.version(),
        Refusal.NOT_FOUND,
        "version",
        version,
        standing.version() > 1
            ? "from 1 to %d, below the one in force".formatted(standing.version() - 1)
            : "an earlier one; layout 1 is the first");
    KeptLayout to = layout(version, "version");
    return goBack(to, Phase.ROLLED_BACK, "rollback", commandId, atMs);
  }

  /** The version whose rows were there before a version; of one that was restored, before that. */
  private long before(long version) throws RefusedCommandException {
    KeptLayout kept = layout(version, "version");
    long restores = kept.getLayout().getRestores();
    return restores == 0 ? version - 1 : before(restores);
  }

  private KeptLayout layout(long version, String name) throws RefusedCommandException {
    return standing
        .ledger
        .layout(version)
        .orElseThrow(
            () ->
                new RefusedCommandException(
                    Refusal.NOT_FOUND,
                    name,
                    "layout " + version,
                    "one of the last %d layouts".formatted(Ledger.LAYOUTS)));
  }

  private Change goBack(KeptLayout to, Phase outcome, String what, String commandId, long atMs)
      throws RefusedCommandException {
    Layout layout = to.getLayout();
    standing
        .state
        .setPaused(true)
        .setRevision(standing.state.getRevision() + 1)
        .clearPins()
        .addAllPins(layout.getPinsList())
        .clearTablePins()
        .putAllTablePins(to.getTablePinsMap());
    Layout.Builder again =
        standing
            .planner
            .frame(standing.terms())
            .clearTail()
            .setHysteresis(layout.getHysteresis())
            .addAllDefaultBlocks(layout.getDefaultBlocksList())
            .putAllTables(layout.getTablesMap())
            .setRestores(layout.getVersion());
    if (layout.hasTail()) {
      again.setTail(layout.getTail());
    }
    Budget budget = standing.budget();
    long uses = standing.planner.used(standing.census, again.build(), standing.terms());
    String warning =
        budget.exists() && uses > budget.amount()
            ? "; it uses %s, more than the budget of %s, until resume"
                .formatted(budget.text(uses), budget)
            : "";
    String reason = "%s to layout %d".formatted(what, layout.getVersion());
    Change change = changes.published(again, outcome, reason, commandId, atMs);
    return change.toBuilder()
        .setDone(change.getDone() + ", automatic rebalancing is paused" + warning)
        .build();
  }

  // -- mode

  Change pause(boolean paused) {
    boolean was = standing.state.getPaused();
    standing.state.setPaused(paused);
    return changes.done(
        "automatic rebalancing %s %s"
            .formatted(was == paused ? "was already" : "is now", paused ? "paused" : "on"));
  }

  // -- the budget

  Change setBudget(SetBudgetCommand command) throws RefusedCommandException {
    Budget budget = budget(command.getBudget(), command.getUnit());
    Budget before = standing.budget();
    try {
      standing.planner.requireRoom(standing.census, standing.terms().withBudget(budget));
    } catch (OverBudgetException e) {
      throw RefusedCommandException.of(e);
    }
    standing.setBudget(budget);
    return changes.done(
        "the budget is %s instead of %s; a plan or the next automatic rebalancing keeps it"
            .formatted(budget, before));
  }

  private static Budget budget(long amount, BudgetUnit unit) throws RefusedCommandException {
    try {
      return Budget.of(amount, unit);
    } catch (IllegalArgumentException e) {
      throw RefusedCommandException.of(e);
    }
  }

  // -- questions

  Explanation explain(ExplainCommand command) throws RefusedCommandException {
    changes.requireTable(command.getTable());
    try {
      return explanations.explain(command.getTable(), command.getId());
    } catch (RuntimeException e) {
      // Whatever keeps a shard from answering: a question must not stop the balance part.
      throw RefusedCommandException.of(e);
    }
  }
}
