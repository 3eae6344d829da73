package dev.varve.bench;

import java.time.Duration;

/**
 * Repeats work for as long as a round is, some rounds to warm up and then those that count.
 *
 * <p><b>Threads:</b> one.
 */
final class Rounds {
  /** The compiler needs seconds where it shares the processors with others. */
  private static final int WARM_UP = 4;

  private final int rounds;
  private final Duration round;

  Rounds(int rounds, Duration round) {
    this.rounds = rounds;
    this.round = round;
  }

  /** What work took, and what a reader took beside it. */
  record Both(Measured writing, Measured reading) {}

  /** Measures work. */
  Measured measure(Work work) {
    var measured = new Measured(rounds);
    for (int i = -WARM_UP; i < rounds; i++) {
      work.betweenRounds();
      measureRound(work, i, measured);
    }
    return measured;
  }

  /** Measures work beside a reader; gives what both took. */
  Both measure(Work work, BackgroundReader reader) {
    var writing = new Measured(rounds);
    var reading = new Measured(rounds);
    for (int i = -WARM_UP; i < rounds; i++) {
      work.betweenRounds();
      var readers = reader.watch();
      measureRound(work, i, writing);
      if (i >= 0) {
        reading.set(i, readers.wallNsPerRow(), readers.cpuNsPerRow());
      }
    }
    return new Both(writing, reading);
  }

  private void measureRound(Work work, int i, Measured into) {
    long n = 0;
    var watch = Stopwatch.start();
    long end = System.nanoTime() + round.toNanos();
    do {
      n += work.run();
    } while (System.nanoTime() < end);
    double wall = watch.wallNs();
    double cpu = watch.cpuNs();
    if (i >= 0) {
      into.set(i, wall / n, cpu / n);
    }
  }
}
