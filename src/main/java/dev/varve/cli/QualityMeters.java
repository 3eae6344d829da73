package dev.varve.cli;

import dev.varve.learn.QualityWindow;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Quality by table and block, and by table and popularity, as gauges: which there are depends on
 * what is learned.
 *
 * <p><b>Threads:</b> any.
 */
final class QualityMeters implements MultiCollector {
  private record Measure(String name, ToDoubleFunction<QualityWindow.Snapshot> of) {}

  private static final List<Measure> MEASURES =
      List.of(
          new Measure("examples", QualityWindow.Snapshot::examples),
          new Measure("log_loss", QualityWindow.Snapshot::logLoss),
          new Measure("normalized_entropy", QualityWindow.Snapshot::normalizedEntropy),
          new Measure("auc", QualityWindow.Snapshot::auc),
          new Measure("calibration", QualityWindow.Snapshot::calibration));

  private final QualityWindow window;

  QualityMeters(QualityWindow window) {
    this.window = window;
  }

  @Override
  public MetricSnapshots collect() {
    SortedMap<String, QualityWindow.Slices> tables = window.slices();
    var snapshots = MetricSnapshots.builder();
    for (Measure measure : MEASURES) {
      snapshots.metricSnapshot(
          gauges("block", "dimension", measure, tables, QualityWindow.Slices::blocks));
      snapshots.metricSnapshot(
          gauges("decile", "decile", measure, tables, QualityWindow.Slices::deciles));
    }
    return snapshots.build();
  }

  private static GaugeSnapshot gauges(
      String kind,
      String label,
      Measure measure,
      SortedMap<String, QualityWindow.Slices> tables,
      Function<QualityWindow.Slices, SortedMap<Integer, QualityWindow.Snapshot>> slices) {
    var gauge = GaugeSnapshot.builder().name("varve_quality_" + kind + "_" + measure.name);
    tables.forEach(
        (table, of) ->
            slices
                .apply(of)
                .forEach(
                    (slice, seen) ->
                        gauge.dataPoint(
                            GaugeDataPointSnapshot.builder()
                                .labels(Labels.of("table", table, label, slice.toString()))
                                .value(measure.of.applyAsDouble(seen))
                                .build())));
    return gauge.build();
  }
}
