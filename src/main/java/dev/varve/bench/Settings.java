package dev.varve.bench;

import dev.varve.base.Check;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The sizes of a run; all of them stand in its report.
 *
 * @param rows rows that are resident
 * @param batch rows of a batch
 * @param zipf exponent of the popularity
 * @param rounds rounds of which the median counts
 * @param round how long one takes, where the work has no end of its own
 * @param seed of keys, rows and draws
 * @param folder for RocksDB and Kafka; what is made in it is deleted
 */
public record Settings(
    int rows, int batch, double zipf, int rounds, Duration round, long seed, Path folder) {
  /** The dimension of most rows. */
  static final int DIMENSION = 16;

  /** The widest dimension of rows of mixed dimension. */
  static final int WIDE = 64;

  public Settings {
    Check.that(rows >= 1_000 && rows <= 200_000_000, "rows", rows, "from 1000 to 200000000");
    Check.that(batch >= 1 && batch <= 1 << 16, "batch", batch, "from 1 to 65536");
    Check.that(zipf > 0 && zipf <= 4, "zipf", zipf, "above 0, at most 4");
    Check.that(rounds >= 1 && rounds <= 1_000, "rounds", rounds, "from 1 to 1000");
    Check.that(
        round.compareTo(Duration.ofMillis(1)) >= 0 && round.compareTo(Duration.ofMinutes(1)) <= 0,
        "round",
        round.toMillis() + "ms",
        "from 1ms to 1m");
  }

  Rounds measuring() {
    return new Rounds(rounds, round);
  }

  /** All rows, of this dimension or mixed. */
  Population population(int kind) {
    return new Population(rows, seed, kind);
  }
}
