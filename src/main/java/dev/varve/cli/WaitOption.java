package dev.varve.cli;

import picocli.CommandLine.Option;

/** {@code --no-wait}: of a command whose work goes on behind its answer. */
final class WaitOption {
  @Option(names = "--no-wait", description = "Do not wait until every row follows.")
  private boolean noWait;

  boolean waits() {
    return !noWait;
  }
}
