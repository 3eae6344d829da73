package dev.varve.bench;

/** The pace of work that has an end: rows per second, and the longest batch, for each round. */
final class Pace {
  private static final double NS_PER_MS = 1e6;

  private final double[] wall;
  private final double[] cpu;
  private final double[] longestMs;
  private Stopwatch watch = Stopwatch.start();
  private long rows;
  private long batchBegunNs;
  private long longestNs;

  Pace(int rounds) {
    wall = new double[rounds];
    cpu = new double[rounds];
    longestMs = new double[rounds];
  }

  void begin() {
    rows = 0;
    longestNs = 0;
    batchBegunNs = System.nanoTime();
    watch = Stopwatch.start();
  }

  /** A batch is done. */
  void batch(int of) {
    rows += of;
    long now = System.nanoTime();
    longestNs = Math.max(longestNs, now - batchBegunNs);
    batchBegunNs = now;
  }

  /** A round is done; those below 0 only warm up. */
  void end(int round) {
    if (round >= 0) {
      wall[round] = rows * 1e9 / watch.wallNs();
      cpu[round] = rows * 1e9 / watch.cpuNs();
      longestMs[round] = longestNs / NS_PER_MS;
    }
  }

  Figure rate(String name) {
    return Figure.of(name, Unit.ROWS_PER_SECOND, wall, cpu);
  }

  Figure longest(String name) {
    return Figure.of(name, Unit.MILLISECONDS, longestMs);
  }
}
