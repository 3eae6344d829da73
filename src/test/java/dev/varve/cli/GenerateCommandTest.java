package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class GenerateCommandTest {
  private final ByteArrayOutputStream standardOutput = new ByteArrayOutputStream();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Path folder;

  GenerateCommandTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void theLogGoesToStandardOutputAndItsSummaryToStandardError() {
    assertThat(run("-n", "5", "--features", "2")).isZero();
    assertThat(standardOutput.toString(StandardCharsets.US_ASCII).lines())
        .hasSize(6)
        .startsWith("event_time_ms,label,true_probability,c0,c1");
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).startsWith("5 examples, ").contains("Bayes log-loss 0.");
  }

  @Test
  void aFileIsCompressedAsItsNameSaysAndItsSummaryIsPrinted() throws IOException {
    Path file = folder.resolve("log.csv.gz");
    assertThat(run(file.toString(), "--examples", "7", "--cardinalities", "4,5", "--json"))
        .isZero();
    try (var in = new GZIPInputStream(Files.newInputStream(file))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines()).hasSize(8);
    }
    var summary = new ObjectMapper().readTree(out.toString());
    assertThat(summary.get("examples").asInt()).isEqualTo(7);
    assertThat(summary.get("bayesLogLoss").asDouble()).isPositive();
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void optionsReachTheGenerator() {
    String usual = generated("--seed", "1");
    assertThat(generated("--seed", "2")).isNotEqualTo(usual);
    assertThat(generated("--zipf", "0")).isNotEqualTo(usual);
    assertThat(generated("--rate", "1")).isNotEqualTo(usual);
    assertThat(generated("--drift-every", "5")).isNotEqualTo(usual);
    assertThat(generated("--drift-every", "5", "--drift-share", "0.9"))
        .isNotEqualTo(generated("--drift-every", "5"));
  }

  @ParameterizedTest
  @CsvSource({
    "--examples, -1, examples: -1 (expected: at least 0)",
    "--features, 0, features: 0 (expected: between 1 and 1000)",
    "--zipf, -1, zipf: -1.0 (expected: between 0 and 10)",
    "--drift-share, 2, drift-share: 2.0 (expected: between 0 and 1)",
    "--rate, 0, 'rate: 0.0 (expected: above 0, at most 1e9)'",
    "--cardinalities, 0, cardinality: 0 (expected: between 1 and 100000000)",
    "--seed, x, 'Invalid value for option ''--seed'': ''x'' is not a long'",
  })
  void aWrongValueIsWrongUsage(String option, String value, String message) {
    assertThat(run(option, value)).isEqualTo(2);
    assertThat(err.toString()).contains(message);
    assertThat(standardOutput.size()).isZero();
  }

  @Test
  void featuresAndCardinalitiesExcludeEachOther() {
    assertThat(run("--features", "2", "--cardinalities", "3,4")).isEqualTo(2);
    assertThat(err.toString()).contains("either --features or --cardinalities");
  }

  @Test
  void aFileThatCannotBeWrittenIsAFailure() {
    assertThat(run(folder.resolve("none/log.csv").toString())).isEqualTo(1);
    assertThat(err.toString()).startsWith("cannot write ");
  }

  @Test
  void helpNamesTheDefaults() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("Default: 1000000", "Default: 13", "Default: 1.05");
  }

  private String generated(String... options) {
    standardOutput.reset();
    var command = new CommandLine(new GenerateCommand(standardOutput));
    command.setErr(new PrintWriter(err, true));
    var all = new String[options.length + 2];
    System.arraycopy(options, 0, all, 2, options.length);
    all[0] = "-n";
    all[1] = "20";
    assertThat(command.execute(all)).isZero();
    return standardOutput.toString(StandardCharsets.US_ASCII);
  }

  private int run(String... arguments) {
    return new CommandLine(new GenerateCommand(standardOutput))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}
