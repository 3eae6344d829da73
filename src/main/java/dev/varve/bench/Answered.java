package dev.varve.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.varve.base.Check;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.management.ManagementFactory;

/**
 * What the server has answered, by its own meters: a load generator takes a gRPC error for an
 * answer, as its HTTP status is 200 too.
 *
 * <p><b>Threads:</b> any.
 */
final class Answered {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final MeterRegistry registry;

  Answered(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * How far it is.
   *
   * @param requests answered
   * @param cpuSeconds that this process, the server, has used
   */
  record Mark(double requests, double cpuSeconds) {}

  /** Now; fails when a lookup was not answered, or not with vectors only. */
  Mark mark() {
    // Some may be on their way still: each counter is read once.
    double ok = 0;
    double failed = 0;
    for (Counter counter : registry.find("varve.lookup.requests").counters()) {
      if ("ok".equals(counter.getId().getTag("outcome"))) {
        ok += counter.count();
      } else {
        failed += counter.count();
      }
    }
    Check.that(failed == 0, "lookups that failed", failed, "none; the log says why");
    double unknown = registry.get("varve.lookup.unknown.ids").counter().count();
    Check.that(unknown == 0, "ids without a row", unknown, "none");
    return new Mark(ok, SYSTEM.getProcessCpuTime() / 1e9);
  }
}
