package dev.varve.join;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.time.Duration;

/** How clicks find their impressions; the components are the keys of the section {@code join}. */
public record JoinConfig(
    @Doc(
            "How long an impression waits for its click, in event time; then it is learned as not"
                + " clicked. From 1s to 7d.")
        Duration window,
    @Doc(
            "How long after its window a click still corrects what was learned, from 0s to 30d; so"
                + " long impressions are kept.")
        Duration late,
    @Doc(
            "Share of the impressions without a click that are learned, above 0, at most 1;"
                + " predictions are as if all were.")
        double negatives,
    @Doc(
            "Most bytes of impressions and clicks that are kept, of all partitions; beyond, the"
                + " oldest are given up. From 1MiB to 1TiB.")
        Bytes waiting) {
  public JoinConfig {
    Check.that(
        window.compareTo(Duration.ofSeconds(1)) >= 0 && window.compareTo(Duration.ofDays(7)) <= 0,
        "window",
        window,
        "from 1s to 7d");
    Check.that(
        !late.isNegative() && late.compareTo(Duration.ofDays(30)) <= 0,
        "late",
        late,
        "from 0s to 30d");
    Check.that(negatives > 0 && negatives <= 1, "negatives", negatives, "above 0, at most 1");
    Check.that(
        waiting.count() >= 1 << 20 && waiting.count() <= 1L << 40,
        "waiting",
        waiting,
        "from 1MiB to 1TiB");
  }

  public static JoinConfig defaults() {
    return new JoinConfig(Duration.ofMinutes(10), Duration.ofHours(1), 1, Bytes.mib(1024));
  }
}
