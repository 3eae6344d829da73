package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Check;
import dev.varve.base.NearestName;
import dev.varve.bench.TrainBench;
import dev.varve.bench.TrainBench.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve bench train}: measures learning on this machine. */
@Command(
    name = "train",
    description = {
      "Measure learning on this machine.",
      "Synthetic examples of the shape of Criteo's: 26 categorical features of their cardinalities,"
          + " capped, and for dlrm 13 numerical ones. Sections: products, dlrm, fm, kafka; all of"
          + " them if none is named. For dlrm and fm all rows are in memory; trainers read and step"
          + " them without Kafka, and every figure is the median of several rounds. Goals hold for"
          + " the usual sizes on a machine that does nothing else."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchTrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..*", paramLabel = "SECTION", description = "What to measure.")
  private List<String> sections = new ArrayList<>();

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "2000000",
      description = "Most rows of a table. Default: ${DEFAULT-VALUE}")
  private int rows;

  @Option(
      names = "--reference",
      paramLabel = "PYTHON",
      description =
          "A Python that has PyTorch: measure ops/bench/dlrm_reference.py, which is looked for in"
              + " this folder, in the same run, and tell the ratio.")
  private @Nullable String python;

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
      defaultValue = "1s",
      description = "How long a round is. Default: ${DEFAULT-VALUE}")
  private String round = "";

  @Override
  public Integer call() throws IOException, InterruptedException {
    Set<Part> parts = parts();
    var settings = more.settings(rows, rounds, round);
    Map<Integer, Double> reference = python == null ? Map.of() : reference(python);
    var bench = new TrainBench(SourceVersion.text(), settings, reference);
    return more.run(spec, progress -> bench.run(parts, progress));
  }

  private static Map<Integer, Double> reference(String python)
      throws IOException, InterruptedException {
    Path script = Path.of("ops/bench/dlrm_reference.py");
    Process process =
        new ProcessBuilder(python, script.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    JsonNode report = Json.MAPPER.readTree(process.getInputStream().readAllBytes());
    int status = process.waitFor();
    Check.that(status == 0, "reference", "status " + status, "0, of " + python + " " + script);
    Map<Integer, Double> examplesPerSec = new HashMap<>();
    for (JsonNode batch : report.path("batches")) {
      examplesPerSec.put(batch.path("size").asInt(), batch.path("examplesPerSec").asDouble());
    }
    return examplesPerSec;
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
