package dev.varve.table;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Rows are closed beside a reader; one that read freed memory would end the JVM. */
public class CloseStress {
  /** Its own: what is closed is gone. */
  @State
  public static class Closed {
    final StressRows stress = new StressRows(1);

    public Closed() {
      stress.insert(StressRows.KEY, 1, StressRows.OLD_STATE);
    }
  }

  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The reader was there before the rows closed.")
  @Outcome(id = "refused", expect = ACCEPTABLE, desc = "The rows were closed.")
  public static class ReaderBesideClose {
    @Actor
    public void writer(Closed closed) {
      closed.stress.rows.close();
    }

    @Actor
    public void reader(Closed closed, L_Result result) {
      try {
        result.r1 = closed.stress.reader.read(StressRows.KEY);
      } catch (ClosedRowsException e) {
        result.r1 = "refused";
      }
    }
  }
}
