package dev.varve.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Rounds of works that run at the same time, a thread each. */
final class SideBySide {
  /** The compiler needs seconds where it shares the processors with others. */
  private static final int WARM_UP = 12;

  private final int rounds;
  private final Duration round;

  SideBySide(Settings settings) {
    this.rounds = settings.rounds();
    this.round = settings.round();
  }

  private record Done(long n, double wallNs, double cpuNs) {}

  /** What all of them together took: of CPU time, as if each had a processor of its own. */
  Measured measure(List<? extends Work> works) throws InterruptedException {
    var measured = new Measured(rounds);
    try (var threads = Executors.newFixedThreadPool(works.size())) {
      for (int i = -WARM_UP; i < rounds; i++) {
        works.getFirst().betweenRounds();
        List<Callable<Done>> tasks = new ArrayList<>();
        works.forEach(work -> tasks.add(() -> round(work)));
        double perWallNs = 0;
        double perCpuNs = 0;
        for (Future<Done> future : threads.invokeAll(tasks)) {
          Done done = future.get();
          perWallNs += done.n / done.wallNs;
          perCpuNs += done.n / done.cpuNs;
        }
        if (i >= 0) {
          measured.set(i, 1 / perWallNs, 1 / perCpuNs);
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    return measured;
  }

  private Done round(Work work) {
    long n = 0;
    var watch = Stopwatch.start();
    long end = System.nanoTime() + round.toNanos();
    do {
      n += work.run();
    } while (System.nanoTime() < end);
    return new Done(n, watch.wallNs(), watch.cpuNs());
  }
}
