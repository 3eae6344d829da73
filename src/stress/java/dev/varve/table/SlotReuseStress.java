package dev.varve.table;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A row is removed, and its slot handed on to another row, beside its readers. */
public class SlotReuseStress {
  private static final int DIMENSION = StressRows.WIDEST;
  private static final long OTHER_KEY = 43;

  /** A full memory: the only slot for another row is that of the row to be removed. */
  @State
  public static class Reused {
    final StressRows stress = StressRows.borrow();
    final ResidentRows rows = stress.rows;
    final Slab slab = rows.slabs().of(DIMENSION);
    final int slot;

    public Reused() {
      if (rows.size() == 0) {
        fill();
      }
      stress.removeIfHere(StressRows.KEY);
      stress.removeIfHere(OTHER_KEY);
      slot = stress.insert(StressRows.KEY, DIMENSION, StressRows.OLD_STATE);
    }

    /** All slots, one of them with the key. */
    private void fill() {
      for (long filler = -1; rows.evictions() == 0 || slab.free() > 1; filler--) {
        rows.reserve(DIMENSION, 1, () -> {});
        rows.insert(0, filler, DIMENSION, 0, 0, StressRows.FOREIGN_STATE, 0, false);
      }
      stress.insert(StressRows.KEY, DIMENSION, StressRows.OLD_STATE);
    }

    void insertOther() {
      rows.insert(0, OTHER_KEY, DIMENSION, 0, 0, StressRows.FOREIGN_STATE, 0, false);
    }

    String read() {
      return stress.reader.read(StressRows.KEY);
    }

    /** Says so when the slot was not handed on: then nothing was tried. */
    String end() {
      int other = rows.find(0, OTHER_KEY);
      stress.giveBack();
      return other == slot ? "handed on" : "kept";
    }
  }

  @JCStressTest
  @Outcome(id = "old, handed on", expect = ACCEPTABLE, desc = "The row as it was.")
  @Outcome(id = "nothing, handed on", expect = ACCEPTABLE, desc = "The row is gone.")
  @Outcome(id = "foreign, .*", expect = FORBIDDEN, desc = "Another row under the first one's key.")
  @Outcome(id = "(torn|junk), .*", expect = FORBIDDEN, desc = "What no row ever was.")
  @Outcome(id = ".*, kept", expect = FORBIDDEN, desc = "The slot was not handed on.")
  public static class ReaderBesideReuse {
    @Actor
    public void writer(Reused row) {
      row.rows.remove(row.slot);
      row.rows.reserve(DIMENSION, 1, () -> {});
      row.insertOther();
    }

    @Actor
    public void reader(Reused row, LL_Result result) {
      result.r1 = row.read();
    }

    @Arbiter
    public void end(Reused row, LL_Result result) {
      result.r2 = row.end();
    }
  }

  /** The slot is handed on at once, whoever may hold it. */
  @JCStressTest
  @Outcome(id = "old, handed on", expect = ACCEPTABLE, desc = "The row as it was.")
  @Outcome(id = "nothing, handed on", expect = ACCEPTABLE, desc = "The row is gone.")
  @Outcome(id = "foreign, .*", expect = FORBIDDEN, desc = "Another row under the first one's key.")
  @Outcome(id = "(torn|junk), .*", expect = FORBIDDEN, desc = "What no row ever was.")
  @Outcome(id = ".*, kept", expect = FORBIDDEN, desc = "The slot was not handed on.")
  public static class ReusedAtOnceTwin {
    @Actor
    public void writer(Reused row) {
      row.rows.index().remove(RowIndex.hash(0, StressRows.KEY), row.slot);
      RowDescriptor.setDead(row.rows.slabs().row(row.slot));
      row.slab.put(Slabs.place(row.slot));
      row.insertOther();
    }

    @Actor
    public void reader(Reused row, LL_Result result) {
      result.r1 = row.read();
    }

    @Arbiter
    public void end(Reused row, LL_Result result) {
      result.r2 = row.end();
    }
  }
}
