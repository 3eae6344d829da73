package dev.varve.store;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * A step of a sweep, for the JDK's flight recorder: updates of the shard wait for as long as it
 * takes. Costs next to nothing while nobody records.
 */
@Name(SweepStep.NAME)
@Label("Sweep step")
@Description("Rows of a shard that nothing touches are brought to a new layout")
@Category("Varve")
@StackTrace(false)
public final class SweepStep extends Event {
  /** Its name in recordings. */
  public static final String NAME = "dev.varve.SweepStep";

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  @Label("Shard")
  int shard;

  @Label("Layout version")
  long version;

  @Label("Stage")
  @Description("What it began with: back, memory, ahead, below, kept")
  @Nullable String stage;

  @Label("Moves")
  @Description("Rows that it moved")
  long moves;

  @Label("CPU time")
  @Description("Of the thread, nanoseconds")
  long cpuNs;

  /** Begins a step of the calling thread. */
  void begin(String ofStage, long movesBefore) {
    if (isEnabled()) {
      stage = ofStage;
      moves = movesBefore;
      cpuNs = THREADS.getCurrentThreadCpuTime();
      begin();
    }
  }

  /** Ends it. */
  void end(int ofShard, long ofVersion, long movesBehind) {
    if (isEnabled()) {
      end();
      shard = ofShard;
      version = ofVersion;
      moves = movesBehind - moves;
      cpuNs = THREADS.getCurrentThreadCpuTime() - cpuNs;
      commit();
    }
  }
}
