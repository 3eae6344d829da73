package dev.varve.bench;

import dev.varve.store.SweepStep;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToDoubleFunction;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;

/**
 * The steps of all sweeps in this process, as the JDK's flight recorder sees them.
 *
 * <p><b>Threads:</b> one.
 */
final class SweepSteps implements AutoCloseable {
  private final RecordingStream recording = new RecordingStream();
  private final List<Step> steps = new CopyOnWriteArrayList<>();

  /**
   * One step.
   *
   * @param ms by the clock
   * @param cpuMs of CPU time
   * @param stage what it began with
   */
  record Step(double ms, double cpuMs, long moves, String stage) {}

  private SweepSteps() {}

  static SweepSteps record() {
    var steps = new SweepSteps();
    steps.recording.enable(SweepStep.NAME);
    steps.recording.onEvent(SweepStep.NAME, steps::add);
    steps.recording.startAsync();
    return steps;
  }

  private void add(RecordedEvent event) {
    steps.add(
        new Step(
            event.getDuration().toNanos() / 1e6,
            event.getLong("cpuNs") / 1e6,
            event.getLong("moves"),
            event.getString("stage")));
  }

  /** Ends the recording: all steps so far. */
  List<Step> stop() {
    recording.stop();
    return List.copyOf(steps);
  }

  /** The longest by CPU time, milliseconds, by what they began with. */
  static SortedMap<String, Double> longestByStage(List<Step> steps) {
    var longest = new TreeMap<String, Double>();
    steps.forEach(step -> longest.merge(step.stage, step.cpuMs, Math::max));
    return longest;
  }

  static double longest(List<Step> steps, ToDoubleFunction<Step> of) {
    return steps.stream().mapToDouble(of).max().orElse(0);
  }

  /** What all but a thousandth of the steps take at most. */
  static double longestOfMost(List<Step> steps, ToDoubleFunction<Step> of) {
    double[] sorted = steps.stream().mapToDouble(of).sorted().toArray();
    return sorted.length == 0 ? 0 : sorted[(int) (0.999 * (sorted.length - 1))];
  }

  @Override
  public void close() {
    recording.close();
  }
}
