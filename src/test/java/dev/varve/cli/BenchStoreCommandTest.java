package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every section with sizes that take no time: the figures are there, and mean nothing. */
class BenchStoreCommandTest {
  private static final List<String> SMALL =
      List.of("--rows", "20000", "--rounds", "1", "--round", "10ms");

  @TempDir private Path folder;

  private CommandRun bench(String... args) {
    Stream<String> scratch = Stream.of("--folder", folder.toString());
    var all = Stream.of(Stream.of("bench", "store"), Stream.of(args), SMALL.stream(), scratch);
    return CommandRun.of(all.flatMap(part -> part).toArray(String[]::new));
  }

  private static List<String> names(JsonNode array) {
    List<String> names = new ArrayList<>();
    array.forEach(element -> names.add(element.path("name").asText()));
    return names;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lookups | D=16, uniform, projected",
        "updates | updates, Zipf, a reader beside (uniform)",
        "growth | evictions, an insert each",
        "overhead | beside the floats, all 20,000 rows",
        "rocksdb | multiGet / memory, uniform",
      })
  void aSectionHasItsFiguresInTheFileAndInTheTable(String section, String one) throws IOException {
    Path file = folder.resolve("bench.json");
    CommandRun run = bench(section, "--json", file.toString());

    assertThat(run.exitCode()).isZero();
    JsonNode report = new ObjectMapper().readTree(Files.readString(file));
    assertThat(report.path("settings").path("rows").asInt()).isEqualTo(20_000);
    assertThat(report.path("machine").path("processors").asInt()).isPositive();
    assertThat(names(report.path("sections"))).containsExactly(section);
    JsonNode measured = report.path("sections").path(0).path("figures");
    assertThat(names(measured)).doesNotHaveDuplicates().contains(one);
    for (JsonNode figure : measured) {
      assertThat(figure.path("median").isNumber()).as(figure.toString()).isTrue();
      assertThat(figure.path("median").asDouble()).as(figure.toString()).isNotNegative().isFinite();
      assertThat(figure.path("unit").asText()).as(figure.toString()).isNotEmpty();
    }
    assertThat(run.out()).contains(names(measured));
  }

  @Test
  void sectionsComeOnceAndInTheirOwnOrderAndJsonWithoutAFileIsAllThatIsPrinted()
      throws IOException {
    CommandRun run = bench("growth", "updates", "growth", "--json");

    assertThat(run.exitCode()).isZero();
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertThat(names(report.path("sections"))).containsExactly("updates", "growth");
  }

  @Test
  void whatIsWrittenToMeasureIsDeleted() throws IOException {
    assertThat(bench("rocksdb").exitCode()).isZero();

    try (var left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lokups | section: lokups (expected: a section; did you mean lookups?)",
        "growth --json updates | --json: updates (expected: a file; sections stand before it)",
        "growth --rows 999 | rows: 999 (expected: from 1000 to 200000000)",
        "growth --batch 0 | batch: 0 (expected: from 1 to 65536)",
        "growth --round 0ms | round: 0ms (expected: from 1ms to 1m)",
      })
  void whatCannotBeMeasuredIsRefused(String args, String message) {
    CommandRun run = CommandRun.of(("bench store " + args).split(" ", -1));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(run.out()).isEmpty();
  }
}
