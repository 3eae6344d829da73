package dev.varve.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code varve bench}: measures parts of Varve on this machine. */
@Command(
    name = "bench",
    description = "Measure Varve on this machine.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BenchStoreCommand.class,
      BenchTrainCommand.class,
      BenchServeCommand.class,
      BenchRebalanceCommand.class,
      BenchFollowCommand.class
    })
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "bench: nothing (expected: store, train, serve, rebalance or follow)");
  }
}
