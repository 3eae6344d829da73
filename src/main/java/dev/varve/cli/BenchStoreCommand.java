package dev.varve.cli;

import dev.varve.base.Check;
import dev.varve.base.NearestName;
import dev.varve.bench.StoreBench.Part;
import java.io.IOException;
import java.nio.file.Path;
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

/** {@code varve bench store}: measures the embedding store on this machine. */
@Command(
    name = "store",
    description = {
      "Measure the embedding store on this machine.",
      "Sections: lookups, updates, growth, overhead, rocksdb, kafka, restore; all of them if none"
          + " is named, and rebalance and rocksdb-options only if they are. Every figure is the"
          + " median of several rounds. Goals hold for the usual sizes on a machine that does"
          + " nothing else."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchStoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..*", paramLabel = "SECTION", description = "What to measure.")
  private List<String> sections = new ArrayList<>();

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "4000000",
      description = "Rows in memory. Default: ${DEFAULT-VALUE}")
  private int rows;

  @Mixin private BenchOptions more = new BenchOptions();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "7",
      description = "Rounds of which the median counts. Default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--round",
      paramLabel = "TIME",
      defaultValue = "500ms",
      description = "How long a round is. Default: ${DEFAULT-VALUE}")
  private String round = "";

  @Override
  public Integer call() throws IOException, InterruptedException {
    Set<Part> parts = parts();
    Path file = more.file();
    for (Part part : Part.values()) {
      Check.that(
          file == null || !file.toString().equals(part.text()),
          "--json",
          part.text(),
          "a file; sections stand before it");
    }
    return more.run(spec, parts, more.settings(rows, rounds, round));
  }

  /** Those that are named, in the order of the enum; the usual ones where none is. */
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
    if (parts.isEmpty()) {
      parts.addAll(EnumSet.allOf(Part.class));
      parts.removeIf(Part::isSpecial);
    }
    return parts;
  }
}
