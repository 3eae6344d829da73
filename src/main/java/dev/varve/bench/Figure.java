package dev.varve.bench;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One measured number.
 *
 * @param median over the rounds, by the clock
 * @param cpuMedian the same by the CPU time of the thread that did the work; null where that says
 *     nothing. Where it is far from the median, the machine was busy with other work
 * @param rounds the value of each round, by the clock
 * @param goal what Varve promises, for the usual sizes on a machine that is not busy
 */
public record Figure(
    String name,
    Unit unit,
    double median,
    @Nullable Double cpuMedian,
    List<Double> rounds,
    @Nullable Goal goal) {
  /**
   * A bound.
   *
   * @param isMost whether the figure may be this at most, or has to be at least
   */
  public record Goal(boolean isMost, double bound) {
    boolean isMetBy(double value) {
      return isMost ? value <= bound : value >= bound;
    }
  }

  public Figure {
    rounds = List.copyOf(rounds);
  }

  /** A figure that is one number, such as a size. */
  static Figure of(String name, Unit unit, double value) {
    return new Figure(name, unit, value, null, List.of(value), null);
  }

  /** A figure of several rounds without a CPU time that says something. */
  static Figure of(String name, Unit unit, double[] rounds) {
    return new Figure(name, unit, median(rounds), null, boxed(rounds), null);
  }

  /** A figure of several rounds, by the clock and by CPU time. */
  static Figure of(String name, Unit unit, double[] wall, double[] cpu) {
    return new Figure(name, unit, median(wall), median(cpu), boxed(wall), null);
  }

  Figure atMost(double bound) {
    return new Figure(name, unit, median, cpuMedian, rounds, new Goal(true, bound));
  }

  Figure atLeast(double bound) {
    return new Figure(name, unit, median, cpuMedian, rounds, new Goal(false, bound));
  }

  /** Whether the goal is met; null where there is none. */
  public @Nullable Boolean met() {
    return goal == null ? null : goal.isMetBy(median);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  private static List<Double> boxed(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
