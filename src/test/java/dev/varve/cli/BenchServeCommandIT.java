package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Serving, with few rows: the figures are there, every answer was right, and they mean nothing. */
@Timeout(180)
class BenchServeCommandIT {
  private static final List<String> PROGRAMS =
      List.of("redis-server", "redis-benchmark", "h2load", "wrk");

  @TempDir private Path folder;

  private JsonNode measure(String section) throws IOException {
    CommandRun run =
        CommandRun.of(
            "bench",
            "serve",
            section,
            "--rows=5000",
            "--rounds=1",
            "--round=100ms",
            "--folder=" + folder,
            "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(folder).isEmptyDirectory();
    return Json.MAPPER.readTree(run.out()).get("sections").get(0);
  }

  @Test
  void processLooksUpWithoutANetwork() throws IOException {
    assertFigures(measure("process"), 4);
  }

  @Test
  void smallComparesVarveWithRedis() throws IOException {
    assumeTrue(PROGRAMS.stream().allMatch(BenchServeCommandIT::isInstalled));

    assertFigures(measure("small"), 22);
  }

  @Test
  void largeComparesVarveWithRedis() throws IOException {
    assumeTrue(PROGRAMS.stream().allMatch(BenchServeCommandIT::isInstalled));

    assertFigures(measure("large"), 10);
  }

  private static void assertFigures(JsonNode section, int count) {
    assertThat(section.get("figures")).hasSize(count);
    for (JsonNode figure : section.get("figures")) {
      assertThat(figure.get("median").asDouble()).as(figure.toString()).isPositive().isFinite();
    }
  }

  private static boolean isInstalled(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(path -> Arrays.asList(names(path)).contains(program));
  }

  private static String[] names(String folder) {
    String[] names = new File(folder).list();
    return names == null ? new String[0] : names;
  }
}
