package dev.varve.table;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** A row moves to another slab beside its readers. */
public class BlockMoveStress {
  private static final int OLD_DIMENSION = 16;
  private static final int NEW_DIMENSION = 128;

  /** A row of old floats, about to move and get new ones. */
  @State
  public static class Moved {
    final StressRows stress = StressRows.borrow();
    final int slot;

    public Moved() {
      stress.removeIfHere(StressRows.KEY);
      slot = stress.insert(StressRows.KEY, OLD_DIMENSION, StressRows.OLD_STATE);
      stress.rows.reserve(NEW_DIMENSION, 1, () -> {});
    }

    void move() {
      stress.rows.move(slot, NEW_DIMENSION, StressRows.NEW_STATE, 0);
    }

    String read() {
      return stress.reader.read(StressRows.KEY);
    }
  }

  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The row where it was.")
  @Outcome(id = "new", expect = ACCEPTABLE, desc = "The row where it is.")
  @Outcome(id = "torn", expect = FORBIDDEN, desc = "Part of the old row and part of the new.")
  @Outcome(id = "nothing", expect = FORBIDDEN, desc = "A row that was there is not found.")
  public static class ReaderBesideMove {
    @Actor
    public void writer(Moved row) {
      row.move();
    }

    @Actor
    public void reader(Moved row, L_Result result) {
      result.r1 = row.read();
    }

    @Arbiter
    public void end(Moved row) {
      row.stress.giveBack();
    }
  }

  @JCStressTest
  @Outcome(id = "old, old", expect = ACCEPTABLE, desc = "Both reads before the move.")
  @Outcome(id = "old, new", expect = ACCEPTABLE, desc = "The row moved between the reads.")
  @Outcome(id = "new, new", expect = ACCEPTABLE, desc = "Both reads after the move.")
  @Outcome(id = "new, old", expect = FORBIDDEN, desc = "The row went back in time.")
  @Outcome(id = ".*torn.*", expect = FORBIDDEN, desc = "Part of the old row and part of the new.")
  @Outcome(id = ".*nothing.*", expect = FORBIDDEN, desc = "A row that was there is not found.")
  public static class TwoReadsBesideMove {
    @Actor
    public void writer(Moved row) {
      row.move();
    }

    @Actor
    public void reader(Moved row, LL_Result result) {
      result.r1 = row.read();
      result.r2 = row.read();
    }

    @Arbiter
    public void end(Moved row) {
      row.stress.giveBack();
    }
  }

  /** The row is removed where it was before it is inserted where it will be. */
  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The row where it was.")
  @Outcome(id = "new", expect = ACCEPTABLE, desc = "The row where it is.")
  @Outcome(id = "torn", expect = FORBIDDEN, desc = "Part of the old row and part of the new.")
  @Outcome(id = "nothing", expect = FORBIDDEN, desc = "A row that was there is not found.")
  public static class RemovedFirstTwin {
    @Actor
    public void writer(Moved row) {
      row.stress.rows.remove(row.slot);
      row.stress.rows.insert(0, StressRows.KEY, NEW_DIMENSION, 0, 0, StressRows.NEW_STATE, 0, true);
    }

    @Actor
    public void reader(Moved row, L_Result result) {
      result.r1 = row.read();
    }

    @Arbiter
    public void end(Moved row) {
      row.stress.giveBack();
    }
  }
}
