package dev.varve.cli;

import dev.varve.base.Check;
import dev.varve.base.NearestName;
import dev.varve.bench.ServeBench;
import dev.varve.bench.ServeBench.Part;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve bench serve}: measures serving on this machine. */
@Command(
    name = "serve",
    description = {
      "Measure how fast vectors are served on this machine, beside Redis.",
      "Sections: small, 26 ids a request; large, 4096 ids; process, without a network; all of them"
          + " if none is named. The first two start a redis-server that holds the same vectors, and"
          + " need redis-server, redis-benchmark, h2load and wrk. With gRPC the ids repeat, as"
          + " h2load sends one body only, and Redis beside it is asked for the same ones again and"
          + " again too. Goals hold for the usual sizes on a machine that does nothing else."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..*", paramLabel = "SECTION", description = "What to measure.")
  private List<String> sections = new ArrayList<>();

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
      defaultValue = "5",
      description = "Rounds of which the median counts. Default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--round",
      paramLabel = "TIME",
      defaultValue = "3s",
      description = "How long a load runs in a round, whole seconds. Default: ${DEFAULT-VALUE}")
  private String round = "";

  @Override
  public Integer call() throws IOException, InterruptedException {
    Set<Part> parts = parts();
    var bench = new ServeBench(SourceVersion.text(), more.settings(rows, rounds, round));
    return more.run(spec, progress -> bench.run(parts, progress));
  }

  /** Those that are named, in the order of the enum; all where none is. */
  private Set<Part> parts() {
    var known = new TreeMap<String, Part>();
    for (Part part : Part.values()) {
      known.put(part.text(), part);
    }
    var parts = EnumSet.noneOf(Part.class);
    for (String name : sections) {
      Part part = known.get(name);
      if (part == null) {
        throw new IllegalArgumentException(
            Check.message("section", name, NearestName.rule("a section", name, known.keySet())));
      }
      parts.add(part);
    }
    return parts.isEmpty() ? EnumSet.allOf(Part.class) : parts;
  }
}
