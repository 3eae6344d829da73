package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.learn.QualityWindow;
import dev.varve.schema.Quality;
import dev.varve.schema.SliceQuality;
import dev.varve.schema.SourceQuality;
import dev.varve.schema.TableQuality;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;

class QualityMetersTest {
  @Test
  void thereIsAGaugeForEachBlockAndDecileThatThereIs() {
    var window = new QualityWindow(100);
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.getPrometheusRegistry().register(new QualityMeters(window));
    assertThat(registry.scrape()).doesNotContain("varve_quality_block_log_loss{");

    window.add(
        Quality.newBuilder()
            .setTableExamples(8)
            .addTables(
                TableQuality.newBuilder()
                    .setTable("item")
                    .addBlocks(slice(0, 2, 3))
                    .addBlocks(slice(16, 6, 1.5))
                    .addClasses(slice(-4, 8, 2)))
            .build());

    assertThat(registry.scrape())
        .contains("varve_quality_block_log_loss{dimension=\"0\",table=\"item\"} 1.5")
        .contains("varve_quality_block_log_loss{dimension=\"16\",table=\"item\"} 0.25")
        .contains("varve_quality_decile_examples{decile=\"6\",table=\"item\"} 8.0");
  }

  private static SliceQuality slice(int of, long examples, double logLoss) {
    return SliceQuality.newBuilder()
        .setSlice(of)
        .setSums(
            SourceQuality.newBuilder()
                .setExamples(examples)
                .setWeight((double) examples)
                .setLogLoss(logLoss)
                .setPositives(1)
                .setPredicted(1))
        .build();
  }
}
