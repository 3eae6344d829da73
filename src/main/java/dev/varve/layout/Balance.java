package dev.varve.layout;

import dev.varve.base.Check;
import dev.varve.schema.AuditEntry;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.Census;
import dev.varve.schema.Command;
import dev.varve.schema.History;
import dev.varve.schema.KeptLayout;
import dev.varve.schema.Layout;
import dev.varve.schema.Phase;
import dev.varve.schema.Refusal;
import dev.varve.schema.Reply;
import dev.varve.schema.StatusReply;
import dev.varve.schema.TableCensus;
import java.util.List;
import java.util.Optional;

/**
 * The balance part: keeps the census, decides on layouts, carries out operators' commands. Pure:
 * time is that of the records it is given, and all it keeps is in a {@link Memory}, so that it goes
 * on after a crash where it was.
 *
 * <pre>
 *   IDLE -> PLANNED -> APPLYING -> SETTLED -> PLANNED ...
 *                         |  cancel -> APPLYING -> CANCELLED
 *   any --- rollback --------------> APPLYING -> ROLLED_BACK
 * </pre>
 *
 * <p>A layout is settled when all shards say that every row follows it. Until then no other comes,
 * except one that goes back.
 *
 * <p><b>Threads:</b> one.
 */
public final class Balance {
  /**
   * What it decides by.
   *
   * @param dimension D, the widest dimension
   * @param shards how many there are
   * @param halfLifeMs half-life of popularity, milliseconds of event time
   * @param rowsPerSec rows that all shards sweep in a second, until it was measured
   */
  public record Setup(
      int dimension,
      int shards,
      long halfLifeMs,
      RowCost.Both costs,
      double rowsPerSec,
      RebalanceConfig config) {
    public Setup {
      Check.that(shards >= 1, "shards", shards, "at least 1");
      Check.that(rowsPerSec > 0, "rowsPerSec", rowsPerSec, "above 0");
      Check.that(
          !config.levels(dimension).isEmpty(),
          "rebalance.levels",
          config.levels(),
          "one at least that is at most model.dimension = %d".formatted(dimension));
      Check.that(
          config.tail() == TailKind.NONE || config.tailDimension() <= dimension,
          "rebalance.tail-dimension",
          config.tailDimension(),
          "at most model.dimension = %d".formatted(dimension));
    }
  }

  /**
   * What a command brings.
   *
   * @param layouts to publish, in order
   * @param reply to send
   */
  public record Output(List<Layout> layouts, Reply reply) {}

  /** What an answer may take: the rest of a history, or the bins of a census, is left out. */
  private static final int LONGEST_REPLY = 512 << 10;

  private final Standing standing;
  private final Operator operator;
  private final Pinning pinning;
  private final Automatic automatic;

  /**
   * Goes on from what a memory holds.
   *
   * @param explanations answers {@code explain}
   */
  public Balance(Setup setup, Memory memory, Explanations explanations) {
    standing = new Standing(setup, new Ledger(memory));
    operator = new Operator(standing, explanations);
    pinning = new Pinning(standing);
    automatic = new Automatic(standing);
  }

  /** The first layout, once: shards follow it without being told. */
  public Optional<Layout> begin(long nowMs) {
    if (standing.version() > 0) {
      return Optional.empty();
    }
    Layout first = standing.begin(nowMs);
    standing.save();
    return Optional.of(first);
  }

  /**
   * Takes a shard's census.
   *
   * @param atMs timestamp of its record
   * @return layouts to publish
   * @throws IllegalArgumentException when it cannot be one, and nothing has changed
   */
  public List<Layout> census(Census census, long atMs) {
    check(census);
    standing.put(census, atMs);
    if (standing.version() > 0) {
      boolean settles = standing.settle(atMs);
      automatic.look(settles, atMs);
    }
    standing.save();
    return standing.takePublished();
  }

  /** What would not fit here came from no shard of this Varve. */
  private void check(Census census) {
    int shard = census.getShard();
    int shards = standing.setup.shards();
    Check.that(
        shard >= 0 && shard < shards,
        "shard",
        Integer.toUnsignedString(shard),
        "from 0 to %d".formatted(shards - 1));
    for (TableCensus table : census.getTablesList()) {
      for (BlockCensus block : table.getBlocksList()) {
        int dimension = block.getDimension();
        Check.that(
            dimension >= 0 && dimension <= standing.setup.dimension(),
            "dimension",
            Integer.toUnsignedString(dimension),
            "at most %d".formatted(standing.setup.dimension()));
        Check.that(
            block.getBinsCount() == block.getBinRowsCount()
                && block.getBinRowsList().stream().allMatch(rows -> rows > 0),
            "bins",
            block.getBinsCount(),
            "as many as bin_rows, all above 0");
      }
    }
  }

  /**
   * Carries out a command, or says why not. One whose id came before, among the last 1,000, does
   * nothing and is answered as it was then.
   *
   * @param atMs timestamp of its record
   */
  public Output command(Command command, long atMs) {
    Optional<Reply> before = standing.ledger.answered(command.getId());
    if (before.isPresent()) {
      return new Output(List.of(), before.get());
    }
    var reply = Reply.newBuilder().setId(command.getId());
    try {
      carryOut(command, atMs, reply);
      standing.save();
    } catch (RefusedCommandException e) {
      standing.restore();
      reply.clearResult().setError(String.valueOf(e.getMessage())).setRefusal(e.kind());
    }
    Reply answer = reply.build();
    record(command, answer, atMs);
    return new Output(standing.takePublished(), answer);
  }

  private void carryOut(Command command, long atMs, Reply.Builder reply)
      throws RefusedCommandException {
    String id = command.getId();
    switch (command.getActionCase()) {
      case STATUS -> reply.setStatus(status(atMs));
      case PLAN -> reply.setPlan(operator.plan(command.getPlan(), id, atMs));
      case APPLY -> reply.setChange(operator.apply(command.getApply().getPlan(), id, atMs));
      case CANCEL -> reply.setChange(operator.cancel(id, atMs));
      case ROLLBACK -> reply.setChange(operator.rollback(command.getRollback(), id, atMs));
      case PAUSE -> reply.setChange(operator.pause(true));
      case RESUME -> reply.setChange(operator.pause(false));
      case PIN -> reply.setChange(pinning.pin(command.getPin(), id, atMs));
      case UNPIN -> reply.setChange(pinning.unpin(command.getUnpin(), id, atMs));
      case SET_BUDGET -> reply.setChange(operator.setBudget(command.getSetBudget()));
      case EXPLAIN -> reply.setExplanation(operator.explain(command.getExplain()));
      case HISTORY -> reply.setHistory(history());
      case ACTION_NOT_SET ->
          throw new RefusedCommandException(
              Refusal.INVALID,
              "command",
              "no action",
              "one of status, plan, apply, cancel, rollback, pause, resume, pin, unpin, set_budget,"
                  + " explain, history");
    }
  }

  private void record(Command command, Reply reply, long atMs) {
    var state = standing.state;
    state.setNextAnswer(state.getNextAnswer() + 1);
    standing.ledger.answer(state.getNextAnswer(), reply);
    boolean onlyAsks =
        switch (command.getActionCase()) {
          case STATUS, EXPLAIN, HISTORY, ACTION_NOT_SET -> true;
          case PLAN, APPLY, CANCEL, ROLLBACK, PAUSE, RESUME, PIN, UNPIN, SET_BUDGET -> false;
        };
    if (!onlyAsks) {
      state.setNextAudit(state.getNextAudit() + 1);
      standing.ledger.audit(
          state.getNextAudit(),
          AuditEntry.newBuilder()
              .setCommand(command)
              .setReceivedMs(atMs)
              .setError(reply.getError())
              .setLayoutVersion(standing.version())
              .build());
    }
    standing.save();
  }

  private StatusReply status(long atMs) {
    Budget budget = standing.budget();
    String plan = operator.applicable(atMs);
    var status =
        StatusReply.newBuilder()
            .setLayoutVersion(standing.version())
            .setLayout(standing.layout())
            .setShards(standing.census.shards())
            .setAllShards(standing.setup.shards())
            .setExamples(standing.census.examples())
            .addAllTables(standing.census.tables())
            .setPhase(phase(plan))
            .setPaused(standing.state.getPaused())
            .setBudget(budget.amount())
            .setUnit(budget.unit())
            .setUsed(standing.used())
            .setProgress(standing.progress())
            .setRemainingMs(standing.remainingMs())
            .setMoves(standing.census.moves())
            .setHeld(standing.census.held())
            .setRaised(standing.census.raised())
            .setTailRows(standing.census.tailRows())
            .setTailUsed(standing.planner.tail(standing.census, standing.layout(), standing.cost()))
            .setPlan(plan)
            .build();
    return status.getSerializedSize() <= LONGEST_REPLY ? status : withoutBins(status);
  }

  private static StatusReply withoutBins(StatusReply status) {
    var shorter = status.toBuilder();
    for (TableCensus.Builder table : shorter.getTablesBuilderList()) {
      table.clearBins();
      table.getBlocksBuilderList().forEach(block -> block.clearBins().clearBinRows());
    }
    return shorter.build();
  }

  private Phase phase(String plan) {
    if (standing.state.getApplying()) {
      return Phase.APPLYING;
    }
    return plan.isEmpty() ? standing.state.getOutcome() : Phase.PLANNED;
  }

  private History history() {
    var history = History.newBuilder();
    long bytes = 0;
    for (long version = standing.version(); version > 0 && bytes < LONGEST_REPLY; version--) {
      Optional<KeptLayout> kept = standing.ledger.layout(version);
      if (kept.isEmpty()) {
        break;
      }
      history.addLayouts(kept.get().getLayout());
      bytes += kept.get().getSerializedSize();
    }
    bytes /= 2;
    for (long i = standing.state.getNextAudit(); i > 0 && bytes < LONGEST_REPLY; i--) {
      Optional<AuditEntry> entry = standing.ledger.audited(i);
      if (entry.isEmpty()) {
        break;
      }
      history.addCommands(entry.get());
      bytes += entry.get().getSerializedSize();
    }
    return history.build();
  }
}
