package dev.varve.table;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.varve.kernel.Kernels;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** A row is written in place beside its readers. */
public class SequenceLockStress {
  /** A row of old floats, about to get new ones. */
  @State
  public static class Written {
    final StressRows stress = StressRows.borrow();
    final int slot;
    final float[] out = new float[StressRows.NEW_STATE.length];

    public Written() {
      int here = stress.rows.find(0, StressRows.KEY);
      slot =
          here != ResidentRows.ABSENT
              ? here
              : stress.insert(StressRows.KEY, StressRows.WIDEST, StressRows.OLD_STATE);
      stress.rewrites.rewrite(slot, 1, 0, StressRows.OLD_STATE);
    }

    void store() {
      stress.rewrites.rewrite(slot, 1, 0, StressRows.NEW_STATE);
    }

    String read() {
      return stress.reader.read(StressRows.KEY);
    }

    long row() {
      return stress.rows.slabs().row(slot);
    }
  }

  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The reader was there before the writer.")
  @Outcome(id = "new", expect = ACCEPTABLE, desc = "The writer was there before the reader.")
  @Outcome(id = "torn", expect = FORBIDDEN, desc = "Part of the old row and part of the new.")
  public static class ReaderBesideStore {
    @Actor
    public void writer(Written row) {
      row.store();
    }

    @Actor
    public void reader(Written row, L_Result result) {
      result.r1 = row.read();
    }

    @Arbiter
    public void end(Written row) {
      row.stress.giveBack();
    }
  }

  @JCStressTest
  @Outcome(id = "old, old", expect = ACCEPTABLE, desc = "Both reads before the writer.")
  @Outcome(id = "old, new", expect = ACCEPTABLE, desc = "The writer came between the reads.")
  @Outcome(id = "new, new", expect = ACCEPTABLE, desc = "Both reads after the writer.")
  @Outcome(id = "new, old", expect = FORBIDDEN, desc = "The row went back in time.")
  @Outcome(id = ".*torn.*", expect = FORBIDDEN, desc = "Part of the old row and part of the new.")
  public static class TwoReadsBesideStore {
    @Actor
    public void writer(Written row) {
      row.store();
    }

    @Actor
    public void reader(Written row, LL_Result result) {
      result.r1 = row.read();
      result.r2 = row.read();
    }

    @Arbiter
    public void end(Written row) {
      row.stress.giveBack();
    }
  }

  @JCStressTest
  @Outcome(id = "(old|new), (old|new)", expect = ACCEPTABLE, desc = "Each a whole row.")
  @Outcome(id = ".*torn.*", expect = FORBIDDEN, desc = "Part of the old row and part of the new.")
  public static class TwoReadersBesideStore {
    @Actor
    public void writer(Written row) {
      row.store();
    }

    @Actor
    public void reader(Written row, LL_Result result) {
      result.r1 = row.read();
    }

    @Actor
    public void otherReader(Written row, LL_Result result) {
      result.r2 = row.stress.otherReader.read(StressRows.KEY);
    }

    @Arbiter
    public void end(Written row) {
      row.stress.giveBack();
    }
  }

  /** The writer does not set the bit that says that the row is being written. */
  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The reader was there before the writer.")
  @Outcome(id = "new", expect = ACCEPTABLE, desc = "The writer was there before the reader.")
  @Outcome(id = "torn", expect = FORBIDDEN, desc = "Part of the old row and part of the new.")
  public static class UnmarkedTwin {
    @Actor
    public void writer(Written row) {
      long at = row.row();
      RowDescriptor.setPopularity(at, 0, 0);
      int n = StressRows.NEW_STATE.length;
      Kernels.KERNELS.store(StressRows.NEW_STATE, 0, RowDescriptor.state(at), n);
      RowDescriptor.endWrite(at, RowDescriptor.LIVE | RowDescriptor.DIRTY);
    }

    @Actor
    public void reader(Written row, L_Result result) {
      result.r1 = row.read();
    }

    @Arbiter
    public void end(Written row) {
      row.stress.giveBack();
    }
  }

  /** The reader does not look at the sequence again after it has copied. */
  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The reader was there before the writer.")
  @Outcome(id = "new", expect = ACCEPTABLE, desc = "The writer was there before the reader.")
  @Outcome(id = "torn", expect = FORBIDDEN, desc = "Part of the old row and part of the new.")
  public static class UncheckedTwin {
    @Actor
    public void writer(Written row) {
      row.store();
    }

    @Actor
    public void reader(Written row, L_Result result) {
      long at = row.row();
      while ((RowDescriptor.sequenceAcquire(at) & RowDescriptor.WRITING) != 0) {
        Thread.onSpinWait();
      }
      Kernels.KERNELS.load(RowDescriptor.state(at), row.out, 0, row.out.length);
      result.r1 = StressRows.name(row.out, StressRows.WIDEST);
    }

    @Arbiter
    public void end(Written row) {
      row.stress.giveBack();
    }
  }
}
