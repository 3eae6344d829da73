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
    return perSecond(name, Unit.ROWS_PER_SECOND, 1);
  }

  /** Where what was called a row is an example. */
  Figure examplesPerSecond(String name) {
    return perSecond(name, Unit.EXAMPLES_PER_SECOND, 1);
  }

  /**
   * @param each how many of the unit a row is
   */
  Figure perSecond(String name, Unit unit, double each) {
    return Figure.of(name, unit, perSecond(wall, each), perSecond(cpu, each));
  }

  private static double[] perSecond(double[] ns, double each) {
    return Arrays.stream(ns).map(x -> each * 1e9 / x).toArray();
  }
}
