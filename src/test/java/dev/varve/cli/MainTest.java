package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MainTest {
  static Stream<String> commands() {
    return Main.commandLine().getSubcommands().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelp(String command) {
    // The help of help is what it prints without an argument.
    var run = command.equals("help") ? CommandRun.of("help") : CommandRun.of(command, "--help");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("Usage: varve");
    assertThat(run.err()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void theHelpListsEveryCommandWithADescription(String command) {
    assertThat(CommandRun.of("--help").out()).containsPattern("(?m)^  " + command + " +\\w");
  }

  @Test
  void theVersionNamesVarveAndJava() {
    assertThat(CommandRun.of("--version").out()).matches("varve \\S+ \\(Java 25.*\\)\\R");
    assertThat(CommandRun.of("status", "--version").out()).startsWith("varve ");
  }

  @Test
  void anUnknownCommandIsRefusedWithTheNearestOnes() {
    var run = CommandRun.of("looup");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("looup", "lookup").endsWith("See: varve --help\n");
  }

  @Test
  void anUnknownOptionIsRefusedWithTheNearestOnes() {
    var run = CommandRun.of("status", "--jsn");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--jsn", "--json").endsWith("See: varve status --help\n");
  }

  @Test
  void noCommandAtAllIsWrongUsage() {
    var run = CommandRun.of();

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("Missing required subcommand");
  }

  @Test
  void theCompletionScriptKnowsEveryCommand() {
    var run = CommandRun.of("generate-completion");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("#!/usr/bin/env bash").contains("lookup", "--server");
  }

  @Test
  void aStackTraceIsShownOnRequestOnly() {
    String[] plain = {"config", "--set", "nothing"};
    String[] traced = {"config", "--set", "nothing", "--stacktrace"};
    String line = "setting: nothing (expected: key=value) [--set]\n";

    assertThat(CommandRun.of(plain)).isEqualTo(new CommandRun(2, "", line));
    assertThat(CommandRun.of(traced).err()).startsWith(line).contains("ConfigException", "\tat ");
  }
}
