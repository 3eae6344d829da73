package dev.varve.cli;

import dev.varve.bench.StoreBench.Part;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code varve bench rebalance}: how rows follow layouts while they are read and updated. */
@Command(
    name = "rebalance",
    description = {
      "Measure how fast all rows follow a new layout, and what lookups take meanwhile.",
      "Two clients look up at full speed, updates flow through Kafka. Every vector that is read is"
          + " checked. Goals hold for a machine that does nothing else."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchRebalanceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "Rows. Default: ${DEFAULT-VALUE}")
  private int rows;

  @Mixin private BenchOptions more = new BenchOptions();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds of which the median counts. Default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--round",
      paramLabel = "TIME",
      defaultValue = "3s",
      description = "How long it is quiet before each layout. Default: ${DEFAULT-VALUE}")
  private String round = "";

  @Override
  public Integer call() throws IOException, InterruptedException {
    return more.run(spec, Set.of(Part.REBALANCE), more.settings(rows, rounds, round));
  }
}
