package dev.varve.learn;

import dev.varve.base.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What should wake somebody: a stream that cannot be learned from, or a model that has gone astray.
 *
 * <p><b>Threads:</b> any; no state.
 */
public final class Alarms {
  /** Fewer examples tell nothing of the model. */
  private static final long ENOUGH = 10_000;

  private static final double MOST_REJECTED = 0.01;
  private static final double MOST_ENTROPY = 1.1;
  private static final double MOST_CALIBRATION = 1.5;

  /**
   * An alarm.
   *
   * @param kind in a word
   * @param text what is wrong, what would be right, and what to do
   */
  public record Alarm(String kind, String text) {}

  private Alarms() {}

  /**
   * Looks at what a process has seen.
   *
   * @param refusedGradients since the shards were opened
   * @param outOfTouch how long there has been no contact with the brokers
   */
  public static List<Alarm> of(QualityWindow window, long refusedGradients, Duration outOfTouch) {
    List<Alarm> alarms = new ArrayList<>();
    if (outOfTouch.isPositive()) {
      alarms.add(
          alarm(
              "kafka",
              "no contact for %d s".formatted(outOfTouch.toSeconds()),
              "contact; nothing is learned, and lookups say how stale they are, until"
                  + " serve.max-staleness"));
    }
    QualityWindow.Refusals refusals = window.refusals();
    if (refusals.share() > MOST_REJECTED) {
      alarms.add(
          alarm(
              "rejected",
              "%.1f %% of the last %d examples"
                  .formatted(100 * refusals.share(), refusals.records()),
              "at most 1 %; the dead letters say why, varve topics where they are"));
    }
    if (refusedGradients > 0) {
      alarms.add(
          alarm(
              "refused gradients",
              refusedGradients,
              "none; a lower optimizer.clip-weight or rate keeps them within bounds"));
    }
    QualityWindow.Snapshot quality = window.snapshot();
    if (quality.examples() >= ENOUGH) {
      addAstray(quality, alarms);
    }
    return alarms;
  }

  private static void addAstray(QualityWindow.Snapshot quality, List<Alarm> alarms) {
    if (quality.normalizedEntropy() > MOST_ENTROPY) {
      alarms.add(
          alarm(
              "normalized entropy",
              "%.3f over the last %d examples"
                  .formatted(quality.normalizedEntropy(), quality.examples()),
              "below 1, predictions are worse than the mean; look for wrong labels or features,"
                  + " then lower optimizer.rate"));
    }
    double calibration = quality.calibration();
    if (calibration > MOST_CALIBRATION || calibration < 1 / MOST_CALIBRATION) {
      alarms.add(
          alarm(
              "calibration",
              "%.3f over the last %d examples".formatted(calibration, quality.examples()),
              "near 1; look for clicks that are missing or sent twice"));
    }
  }

  private static Alarm alarm(String kind, Object value, String rule) {
    return new Alarm(kind, Check.message(kind, value, rule));
  }
}
