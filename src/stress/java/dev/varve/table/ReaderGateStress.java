package dev.varve.table;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Something is taken away, and freed once the gate is drained, beside a reader of it. */
public class ReaderGateStress {
  /** Plain fields on purpose: the gate orders them. */
  @State
  public static class Guarded {
    final ReaderGate gate = new ReaderGate();
    boolean isTakenAway;
    boolean isFree;

    void read(ZZ_Result result) {
      int entered = gate.enter();
      result.r1 = isTakenAway;
      for (int i = 0; i < 10; i++) {
        Thread.onSpinWait();
      }
      result.r2 = isFree;
      gate.leave(entered);
    }
  }

  @JCStressTest
  @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "Found, and held until it is left.")
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Taken away, and not yet free.")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Taken away before the reader came.")
  @Outcome(id = "false, true", expect = FORBIDDEN, desc = "Freed while a reader held it.")
  public static class ReadBesideFlip {
    @Actor
    public void writer(Guarded guarded) {
      guarded.isTakenAway = true;
      guarded.gate.flip();
      if (guarded.gate.isDrained()) {
        guarded.isFree = true;
      }
    }

    @Actor
    public void reader(Guarded guarded, ZZ_Result result) {
      guarded.read(result);
    }
  }

  @JCStressTest
  @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "Found, and held until it is left.")
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Taken away, and not yet free.")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Taken away before the reader came.")
  @Outcome(id = "false, true", expect = FORBIDDEN, desc = "Freed while a reader held it.")
  public static class ReadBesideManyFlips {
    @Actor
    public void writer(Guarded guarded) {
      guarded.gate.flip();
      if (guarded.gate.isDrained()) {
        guarded.isTakenAway = true;
        guarded.gate.flip();
        if (guarded.gate.isDrained()) {
          guarded.isFree = true;
        }
      }
    }

    @Actor
    public void reader(Guarded guarded, ZZ_Result result) {
      guarded.read(result);
    }
  }

  /** The writer does not ask whether the gate is drained. */
  @JCStressTest
  @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "Found, and held until it is left.")
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Taken away, and not yet free.")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Taken away before the reader came.")
  @Outcome(id = "false, true", expect = FORBIDDEN, desc = "Freed while a reader held it.")
  public static class UndrainedTwin {
    @Actor
    public void writer(Guarded guarded) {
      guarded.isTakenAway = true;
      guarded.gate.flip();
      guarded.isFree = true;
    }

    @Actor
    public void reader(Guarded guarded, ZZ_Result result) {
      guarded.read(result);
    }
  }
}
