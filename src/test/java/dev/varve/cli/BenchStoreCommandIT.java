package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The sections of {@code varve bench} that take seconds even with few rows. */
@Timeout(180)
class BenchStoreCommandIT {
  @TempDir private Path folder;

  private JsonNode measure(String section) throws IOException {
    return run("bench", "store", section, "--rows=2000", "--rounds=2");
  }

  private JsonNode run(String... arguments) throws IOException {
    CommandRun run =
        CommandRun.of(
            Stream.concat(
                    Stream.of(arguments), Stream.of("--batch=64", "--folder=" + folder, "--json"))
                .toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(folder).isEmptyDirectory();
    return Json.MAPPER.readTree(run.out()).get("sections").get(0);
  }

  private static double median(JsonNode section, String name) {
    return StreamSupport.stream(section.get("figures").spliterator(), false)
        .filter(figure -> figure.get("name").asText().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " in " + section.toPrettyString()))
        .get("median")
        .asDouble();
  }

  @Test
  void kafkaComparesTheStoreWithAKeyValueStore() throws IOException {
    JsonNode section = measure("kafka");

    assertThat(section.get("name").asText()).isEqualTo("kafka");
    double store = median(section, "store");
    double plain = median(section, "key-value store");
    assertThat(store).isPositive();
    assertThat(plain).isPositive();
    assertThat(median(section, "store / key-value store")).isEqualTo(store / plain);
  }

  @Test
  void restoreCountsWhatIsRestoredAndBringsAKilledProcessBack() throws IOException {
    JsonNode section = measure("restore");

    assertThat(median(section, "after a clean stop: records restored")).isZero();
    assertThat(median(section, "after the loss of all files")).isPositive();
    List<Double> away =
        List.of(
            median(section, "from kill -9 until its port answers"),
            median(section, "from kill -9 until it serves"),
            median(section, "from kill -9 until it has learned"));
    assertThat(away).isSorted();
  }

  @Test
  void rebalanceMovesAllRowsAndReadsNothingWrong() throws IOException {
    JsonNode section = run("bench", "rebalance", "--rows=2000", "--rounds=1", "--round=20ms");

    for (String move : List.of("16 to 8", "8 to 16", "16 to 4, 8 and 16", "4, 8 and 16 to 16")) {
      assertThat(median(section, move + ": moves")).isPositive();
      assertThat(median(section, move + ": p99")).isGreaterThan(median(section, move + ": p50"));
    }
    assertThat(median(section, "vectors read, all of them right")).isPositive();
    assertThat(median(section, "a step, median")).isPositive();
    assertThat(median(section, "the longest step that began with memory, by CPU time"))
        .isPositive();
  }

  @Test
  void rocksDbOptionsAreMeasuredOneByOne() throws IOException {
    JsonNode section = measure("rocksdb-options");

    assertThat(median(section, "as configured: read, there")).isPositive();
    // Not its write-back: of so few rows that takes less than the processor's time is counted in.
    assertThat(median(section, "direct io: read, there")).isPositive();
  }
}
