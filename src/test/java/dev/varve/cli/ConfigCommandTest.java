package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.varve.config.Setting;
import dev.varve.config.Sources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {
  @TempDir Path folder;

  @Test
  void everyKeyIsListedWithValueAndOrigin() throws IOException {
    Path file = Files.writeString(folder.resolve("varve.yml"), "train: {threads: 2}\n");
    var run =
        CommandRun.of(
            "config", "--config", file.toString(), "--set", "features.declared.a=numerical");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines())
        .hasSize(1 + ConfigOptions.reader().load(Sources.none()).settings().size())
        .anyMatch(line -> line.matches("train\\.threads +2 +file " + file))
        .anyMatch(line -> line.matches("features\\.declared +a=numerical +--set"))
        .anyMatch(line -> line.matches("kafka\\.bootstrap +\\(empty\\) +default"));
  }

  @Test
  void theJsonArrayAlsoHoldsDefaultAndMeaning() throws IOException {
    var run = CommandRun.of("config", "--json", "--set", "model.dimension=8");

    assertThat(Json.MAPPER.readTree(run.out()))
        .contains(
            Json.MAPPER
                .createObjectNode()
                .put("key", "model.dimension")
                .put("value", "8")
                .put("origin", "--set")
                .put("default", "16")
                .put(
                    "doc",
                    "Width of every served vector: 1, 2, 4, 8, 16, 32, 64 or 128; fixed once there"
                        + " is data."));
  }

  @Test
  void allProblemsArePrintedAndTheExitCodeIsTwo() {
    assertThat(CommandRun.of("config", "--set", "model.dimension=3", "--set", "train.batchsize=1"))
        .isEqualTo(
            new CommandRun(
                2,
                "",
                """
                unknown key: train.batchsize (expected: a known key; did you mean train.batch-size?) [--set]
                model.dimension: 3 (expected: one of 1, 2, 4, 8, 16, 32, 64, 128) [--set]
                """));
  }

  @Test
  void variablesOfTheLauncherAndOfKubernetesAreNoKeys() {
    var environment =
        Map.of(
            "VARVE_OPTS", "-Xmx1g",
            "VARVE_JAVA_HOME", "/jdk",
            "VARVE_SERVER", "http://a",
            "VARVE_SERVICE_HOST", "10.0.0.1",
            "VARVE_PORT_8000_TCP_ADDR", "10.0.0.1",
            "VARVE_KAFKA_PORT", "tcp://10.0.0.1:9092",
            "VARVE_SERVE_HTTP_PORT", "80");
    var loaded = new ConfigOptions().load(environment);

    assertThat(loaded.settings())
        .filteredOn(setting -> !setting.origin().equals("default"))
        .extracting(Setting::key, Setting::origin)
        .containsExactly(tuple("serve.http-port", "environment VARVE_SERVE_HTTP_PORT"));
  }
}
