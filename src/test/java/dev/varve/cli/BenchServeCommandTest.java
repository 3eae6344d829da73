package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchServeCommandTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "smal | section: smal (expected: a section; did you mean small?)",
        "process --rows 999 | rows: 999 (expected: from 1000 to 200000000)",
        "process --rounds 0 | rounds: 0 (expected: from 1 to 1000)",
      })
  void whatCannotBeMeasuredIsRefused(String args, String message) {
    CommandRun run = CommandRun.of(("bench serve " + args).split(" ", -1));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(run.out()).isEmpty();
  }
}
