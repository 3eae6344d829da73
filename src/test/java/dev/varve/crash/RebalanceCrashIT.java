package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.varve.schema.ApplyCommand;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Census;
import dev.varve.schema.Command;
import dev.varve.schema.Layout;
import dev.varve.schema.PauseCommand;
import dev.varve.schema.Phase;
import dev.varve.schema.PinCommand;
import dev.varve.schema.Plan;
import dev.varve.schema.PlanCommand;
import dev.varve.schema.RollbackCommand;
import dev.varve.schema.SetBudgetCommand;
import dev.varve.schema.StatusCommand;
import dev.varve.schema.StatusReply;
import dev.varve.schema.UnpinCommand;
import dev.varve.testing.Cases;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/**
 * A store that is killed in the middle of an apply, of a rollback and of a command ends in the old
 * layout or in the new one, never between.
 *
 * <p>Behind each kill another process goes on. When nothing is under way, the committed changelog
 * must be the fold of the update log with the layouts in it ({@link ExpectedRows}): each row has
 * the dimension that the layout in force gives its popularity, no row is lost, every occurrence
 * counted, every float as if nobody had been killed. A layout is in the log of every shard or of
 * none, and each command has one answer.
 *
 * <p>What the processes printed is left in {@code target/crash/rebalancing}; {@code
 * -Dvarve.crash.seed=N} sets another seed.
 */
class RebalanceCrashIT {
  private static final long SEED = Long.getLong("varve.crash.seed", 1);
  private static final int ROUNDS = 10;

  /** Floats: of all rows with 8 dimensions there are 144,000. */
  private static final long SMALL = 40_000;

  private static final long MIDDLE = 80_000;
  private static final long LARGE = 200_000;

  private static final String PINNED = Populace.id(3_000);
  private static final long LONGEST_SETTLE_MS = 180_000;

  @Test
  void aStoreThatIsKilledWhileItRebalancesEndsInTheOldLayoutOrInTheNewOne() {
    Cases.forSeed(
        SEED,
        random -> {
          try (var run = new Run(random)) {
            run.begin();
            for (int round = 0; round < ROUNDS; round++) {
              run.killInAnApply(round);
              run.killInARollback(round);
              run.killInACommand(round);
            }
            run.end();
          }
        });
  }

  private static final class Run implements AutoCloseable {
    final RandomGenerator random;
    final Stage stage = new Stage("rebalancing");
    final Populace populace = new Populace(SEED, stage.bootstrap());
    final Commands commands = new Commands(stage.bootstrap());
    final List<ShardAudit> shards = new ArrayList<>();
    final Kills kills = new Kills(stage.output("kills"));
    final Map<String, Integer> inTheMiddle = new HashMap<>();
    Child store;
    int killed;

    Run(RandomGenerator random) throws Exception {
      this.random = random;
      this.store = stage.startStore();
      for (int shard = 0; shard < Setup.SHARDS; shard++) {
        shards.add(new ShardAudit(stage.bootstrap(), shard));
      }
    }

    void begin() throws Exception {
      populace.begin();
      stage.awaitDrained();
      commands.done(Command.newBuilder().setPause(PauseCommand.getDefaultInstance()));
      settleAndCheck();
    }

    // -- kills

    /** To few dimensions where there are many, and the other way round. */
    void killInAnApply(int round) throws Exception {
      Plan plan = plan();
      var apply = Command.newBuilder().setApply(ApplyCommand.newBuilder().setPlan(plan.getId()));
      killInTheMiddle("apply", round, apply, plan.getMoves());
    }

    void killInARollback(int round) throws Exception {
      var back = Command.newBuilder().setRollback(RollbackCommand.getDefaultInstance());
      killInTheMiddle("rollback", round, back, Populace.CATEGORIES / 2);
    }

    private Plan plan() throws Exception {
      long budget = settle().getUsed() > MIDDLE ? SMALL : LARGE;
      var terms = PlanCommand.newBuilder().setBudget(budget + random.nextInt(10_000));
      terms.setUnit(BudgetUnit.PARAMETERS);
      Plan plan = commands.done(Command.newBuilder().setPlan(terms)).getPlan();
      assertThat(plan.getMoves()).as("moves of a plan").isGreaterThan(4_000);
      return plan;
    }

    /** One time in five before the layout is committed, else while rows move. */
    private void killInTheMiddle(String what, int round, Command.Builder command, long moves)
        throws Exception {
      boolean isEarly = round % 5 == 4;
      int marks = (int) (moves * 3 / 4 / Setup.ROWS_A_MARK);
      int announced = store.said(Marker.ANNOUNCING);
      int moved = store.said(Marker.MOVED);
      String id = commands.send(command);
      if (isEarly) {
        store.await(Marker.ANNOUNCING, announced + 1);
      } else {
        store.await(Marker.MOVED, moved + 1 + random.nextInt(marks), populace::touch);
      }
      kill(what);
      if (isMoving()) {
        inTheMiddle.merge(what, 1, Integer::sum);
      }
      goOn(id);
    }

    /** Anywhere from its sending to its answer. */
    void killInACommand(int round) throws Exception {
      Command.Builder command = Command.newBuilder();
      switch (round % 3) {
        case 0 -> command.setPin(pin());
        case 1 -> command.setSetBudget(budget());
        default ->
            command.setUnpin(UnpinCommand.newBuilder().setTable(Populace.TABLE).setId(PINNED));
      }
      if (round % 3 == 2) {
        commands.done(Command.newBuilder().setPin(pin()));
        settle();
      }
      int replied = store.said(Marker.REPLYING);
      String id = commands.send(command);
      switch (round % 2) {
        case 0 -> store.await(Marker.REPLYING, replied + 1);
        default -> TimeUnit.MICROSECONDS.sleep(random.nextInt(60_000));
      }
      kill("command");
      goOn(id);
    }

    private PinCommand.Builder pin() {
      return PinCommand.newBuilder()
          .setTable(Populace.TABLE)
          .setId(PINNED)
          .setDimension(1 << random.nextInt(4));
    }

    private SetBudgetCommand.Builder budget() {
      return SetBudgetCommand.newBuilder()
          .setBudget(SMALL + random.nextInt(10_000))
          .setUnit(BudgetUnit.PARAMETERS);
    }

    private void kill(String what) throws Exception {
      store.kill();
      kills.note("kill %d, in %s %s".formatted(++killed, what, store.markers().getLast()));
    }

    /** Another process does the rest: it answers what was asked of the one that was killed. */
    private void goOn(String id) throws Exception {
      store.close();
      store = stage.startStore();
      commands.done(id);
      settleAndCheck();
    }

    // -- what has to be

    private void settleAndCheck() throws Exception {
      long batches = populace.sent();
      stage.awaitDrained();
      settle();
      long folded = 0;
      for (ShardAudit shard : shards) {
        shard.check();
        folded += shard.batches();
        assertThat(shard.layouts()).isEqualTo(shards.getFirst().layouts());
      }
      assertThat(folded).as("update batches").isEqualTo(batches);
      List<Long> versions = shards.getFirst().layouts();
      assertThat(versions).as("2, 3 and so on").isEqualTo(rising(versions.size()));
      assertThat(newestLayout().getVersion()).isEqualTo(1 + versions.size());
    }

    private static List<Long> rising(int n) {
      return IntStream.range(0, n).mapToObj(i -> 2L + i).toList();
    }

    private StatusReply settle() throws Exception {
      long deadline = System.currentTimeMillis() + LONGEST_SETTLE_MS;
      while (true) {
        StatusReply status =
            commands
                .done(Command.newBuilder().setStatus(StatusCommand.getDefaultInstance()))
                .getStatus();
        if (status.getPhase() != Phase.APPLYING && status.getShards() == Setup.SHARDS) {
          return status;
        }
        assertThat(System.currentTimeMillis())
            .as("settling: %s", status.getProgress())
            .isLessThan(deadline);
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }

    private Layout newestLayout() {
      var newest = new Layout[] {Layout.getDefaultInstance()};
      Shards.read(
          stage.bootstrap(),
          new TopicPartition(Setup.TOPICS.layout(), 0),
          record -> newest[0] = parse(Layout.parser(), record.value()));
      return newest[0];
    }

    private static <T> T parse(Parser<T> parser, byte[] bytes) {
      try {
        return parser.parseFrom(bytes);
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }

    /** Whether a layout is committed that not all shards say they follow. */
    private boolean isMoving() {
      Map<Integer, Long> swept = new HashMap<>();
      Shards.read(
          stage.bootstrap(),
          new TopicPartition(Setup.TOPICS.census(), 0),
          record -> {
            Census census = parse(Census.parser(), record.value());
            swept.put(census.getShard(), census.getSweptVersion());
          });
      long version = newestLayout().getVersion();
      return swept.values().stream().anyMatch(of -> of < version);
    }

    void end() throws Exception {
      store.stop();
      long rows = 0;
      for (int shard = 0; shard < Setup.SHARDS; shard++) {
        Map<String, String> should = shards.get(shard).check();
        rows += should.keySet().stream().filter(name -> name.startsWith("row ")).count();
        Audit.compare(shard, "files", should, Shards.files(stage.stateFolder(), shard));
      }
      assertThat(rows).as("rows and traces").isEqualTo(Populace.CATEGORIES);
      commands.checkEachAnsweredOnce();
      assertThat(killed).isEqualTo(3 * ROUNDS);
      assertThat(inTheMiddle).as("kills while rows moved").hasSize(2);
      assertThat(inTheMiddle.values()).allMatch(times -> times >= ROUNDS * 7 / 10);
    }

    @Override
    public void close() {
      shards.forEach(ShardAudit::close);
      commands.close();
      populace.close();
      store.close();
      stage.close();
    }
  }
}
