package dev.varve.learn;

import dev.varve.schema.Quality;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts how well examples were predicted before they were learned from, by source, between two
 * reports.
 *
 * <p><b>Threads:</b> one.
 */
public final class QualityTally {
  private static final int MOST_SOURCES = 64;

  private final Map<String, QualitySum> sources = new LinkedHashMap<>();

  /** Counts a prediction. */
  void predicted(String source, QualitySum.Prediction prediction) {
    of(source).count(prediction, 1);
  }

  /** Counts a record that was refused. */
  public void rejected(String source) {
    of(source).countRejected();
  }

  public boolean isEmpty() {
    return sources.isEmpty();
  }

  /** What was counted since the last report; counting begins anew. */
  public Quality.Builder take(int trainer, long endOffset) {
    var report = Quality.newBuilder().setTrainer(trainer).setEndOffset(endOffset);
    sources.forEach((name, sum) -> report.addSources(sum.toProto(name)));
    sources.clear();
    return report;
  }

  private QualitySum of(String source) {
    // Whoever sends a source of its own with each record must not blow up the report.
    boolean known = sources.containsKey(source) || sources.size() < MOST_SOURCES;
    return sources.computeIfAbsent(known ? source : "", _ -> new QualitySum());
  }
}
