package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.testing.Cases;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * After any crash the rows are the fold of the update log, bit for bit: no gradient and no count
 * lost or applied twice.
 *
 * <p>A store process of its own, configured so that rows are evicted and read again and that
 * commits are many, reads a log that is a function of the seed. It is killed with {@code kill -9}
 * at points that are random but spread over its whole life. In the end it reads what is left and
 * stops, and what it stored is compared with what {@link ExpectedRows} makes of the log: the
 * committed changelog and the files, every row, every count and the absence of all else.
 *
 * <p>What the processes printed, and the kills, are left in {@code target/crash}; {@code
 * -Dvarve.crash.seed=N} sets another seed.
 */
class CrashIT {
  private static final long SEED = Long.getLong("varve.crash.seed", 1);
  private static final int KILLS = 26;
  private static final int KILLS_IN_RESTORE = 6;

  /** Micro-batches that came in before a start; of many, the rows fill the memory in one commit. */
  private static final int[] BACKLOGS = {0, 10, 20, 200};

  @Test
  void rowsAndCountsAreTheFoldOfTheLogWhereverTheStoreIsKilled() {
    run("anywhere", 30, this::killAnywhere);
  }

  private void killAnywhere(RandomGenerator random, Stage stage, Feeder feeder, Kills kills)
      throws Exception {
    for (KillPoint point : KillPoint.anywhere(random, KILLS)) {
      feeder.send(BACKLOGS[kills.count() % BACKLOGS.length]);
      killAt(point, stage, feeder, kills);
      switch (kills.count()) {
        case 1, KILLS / 2 -> stopCleanly(stage, feeder, kills);
        case KILLS / 4 -> loseTheBrokerWhileTheStoreRuns(stage, feeder, kills);
        default -> {}
      }
    }
    assertThat(kills.count()).isGreaterThanOrEqualTo(25);
    for (Kills.Phase phase : Kills.Phase.values()) {
      assertThat(kills.hits(phase)).as("%s: %s", phase, kills).isPositive();
    }
  }

  private static void killAt(KillPoint point, Stage stage, Feeder feeder, Kills kills)
      throws Exception {
    try (Child store = stage.startStore()) {
      point.reach(store, feeder);
      store.kill();
      kills.add(point, store);
    }
  }

  /** The next process starts from the files of this one. */
  private static void stopCleanly(Stage stage, Feeder feeder, Kills kills) throws Exception {
    try (Child store = stage.startStore()) {
      new KillPoint(Marker.COMMITTED, 3, 0).reach(store, feeder);
      store.stop();
      kills.note("a clean stop");
    }
  }

  /** The store has to go on by itself when the broker is back; then both are killed. */
  private static void loseTheBrokerWhileTheStoreRuns(Stage stage, Feeder feeder, Kills kills)
      throws Exception {
    try (Child store = stage.startStore()) {
      new KillPoint(Marker.COMMITTED, 3, 20_000).reach(store, feeder);
      stage.restartBroker();
      kills.note("the broker killed and started again");
      var goesOn = new KillPoint(Marker.COMMITTED, store.said(Marker.COMMITTED) + 3, 10_000);
      goesOn.reach(store, feeder);
      store.kill();
      kills.add(goesOn, store);
      stage.restartBroker();
      kills.note("the broker killed and started again");
    }
  }

  @Test
  void rowsAndCountsAreTheFoldOfTheLogHoweverOftenRestoringIsKilled() {
    run("restoring", 800, this::killWhileRestoring);
  }

  /** Every other time the files are lost too, as on a new machine. */
  private void killWhileRestoring(RandomGenerator random, Stage stage, Feeder feeder, Kills kills)
      throws Exception {
    stopCleanly(stage, feeder, kills);
    feeder.send(200);
    feeder.flush();
    try (Child store = stage.startStore()) {
      stage.awaitDrained();
      store.kill();
      kills.note("killed when all was read");
    }
    for (int i = 0; i < KILLS_IN_RESTORE; i++) {
      killAt(
          new KillPoint(Marker.RESTORING, 1, random.nextInt(1 + 150_000 * i)),
          stage,
          feeder,
          kills);
      if (i % 2 == 1) {
        stage.loseState();
        kills.note("the files lost");
      }
    }
    killAt(new KillPoint(Marker.WRITING, 2, 3_000), stage, feeder, kills);
    stage.loseState();
    kills.note("the files lost, with a transaction open");
    assertThat(kills.hits(Kills.Phase.RESTORING)).as("%s", kills).isGreaterThan(2);
  }

  /** A way to kill stores. */
  private interface Killing {
    void kill(RandomGenerator random, Stage stage, Feeder feeder, Kills kills) throws Exception;
  }

  private static void run(String name, int draws, Killing killing) {
    Cases.forSeed(
        SEED,
        random -> {
          try (Stage stage = new Stage(name);
              Feeder feeder = new Feeder(new UpdateLog(SEED, draws), stage.bootstrap())) {
            Kills kills = new Kills(stage.output("kills"));
            try {
              killing.kill(random, stage, feeder, kills);
              drain(stage, feeder);
              Audit.check(stage, feeder);
            } catch (AssertionError e) {
              throw new AssertionError(e.getMessage() + "\nafter " + kills, e);
            }
          }
        });
  }

  /** Lets a store read what is left, and what killed ones left open end. */
  private static void drain(Stage stage, Feeder feeder) throws Exception {
    try (Child store = stage.startStore()) {
      new KillPoint(Marker.COMMITTED, 3, 0).reach(store, feeder);
      feeder.flush();
      stage.awaitDrained();
      store.stop();
    }
    stage.awaitEnded();
  }
}
