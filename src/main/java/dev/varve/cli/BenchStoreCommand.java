package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Check;
import dev.varve.base.Durations;
import dev.varve.base.NearestName;
import dev.varve.bench.Report;
import dev.varve.bench.Settings;
import dev.varve.bench.StoreBench;
import dev.varve.bench.StoreBench.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
          + " is named, and rocksdb-options only if it is. Every figure is the median of several"
          + " rounds. Goals hold for the usual sizes on a machine that does nothing else."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchStoreCommand implements Callable<Integer> {
  private static final String STANDARD_OUTPUT = "-";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..*", paramLabel = "SECTION", description = "What to measure.")
  private List<String> sections = new ArrayList<>();

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "4000000",
      description = "Rows in memory. Default: ${DEFAULT-VALUE}")
  private int rows;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "512",
      description = "Rows of a batch. Default: ${DEFAULT-VALUE}")
  private int batch;

  @Option(
      names = "--zipf",
      paramLabel = "S",
      defaultValue = "1.05",
      description = "Zipf exponent of the popularity. Default: ${DEFAULT-VALUE}")
  private double zipf;

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

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of keys and rows. Default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "Where to write what is deleted again. Default: the folder for such files.")
  private @Nullable Path folder;

  @Option(
      names = "--json",
      arity = "0..1",
      fallbackValue = STANDARD_OUTPUT,
      paramLabel = "FILE",
      description = "Write a JSON object to a file; without a name print it instead of the table.")
  private @Nullable String json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Set<Part> parts = parts();
    Settings settings = settings();
    Path file = jsonFile();
    Report report;
    try (var progress = new ProgressLine(spec.commandLine().getErr())) {
      report = new StoreBench(SourceVersion.text(), settings).run(parts, progress::show);
    }
    if (json != null) {
      write(BenchReport.json(report), file);
    }
    if (json == null || file != null) {
      spec.commandLine().getOut().println(BenchReport.table(report));
    }
    return 0;
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

  private Settings settings() {
    Path scratch = folder == null ? Path.of(System.getProperty("java.io.tmpdir")) : folder;
    return new Settings(rows, batch, zipf, rounds, Durations.parse(round), seed, scratch);
  }

  /** The file for JSON; null for none and for the standard output. */
  private @Nullable Path jsonFile() {
    if (json == null || json.equals(STANDARD_OUTPUT)) {
      return null;
    }
    for (Part part : Part.values()) {
      Check.that(!json.equals(part.text()), "--json", json, "a file; sections stand before it");
    }
    return Path.of(json);
  }

  private void write(JsonNode report, @Nullable Path file) throws IOException {
    if (file == null) {
      spec.commandLine().getOut().println(Json.pretty(report));
    } else {
      Files.writeString(file, Json.pretty(report) + "\n");
    }
  }
}
