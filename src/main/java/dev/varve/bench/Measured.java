package dev.varve.bench;

import java.util.Arrays;

/** What work took in each round, in ns per row: by the clock, and of CPU time. */
final class Measured {
  private final double[] wall;
  private final double[] cpu;

  Measured(int rounds) {
    wall = new double[rounds];
    cpu = new double[rounds];
  }

  void set(int round, double wallNs, double cpuNs) {
    wall[round] = wallNs;
    cpu[round] = cpuNs;
  }

  Figure nsPerRow(String name) {
    return Figure.of(name, Unit.NS_PER_ROW, wall, cpu);
  }

  Figure rowsPerSecond(String name) {
    return Figure.of(name, Unit.ROWS_PER_SECOND, perSecond(wall), perSecond(cpu));
  }

  private static double[] perSecond(double[] ns) {
    return Arrays.stream(ns).map(x -> 1e9 / x).toArray();
  }
}
