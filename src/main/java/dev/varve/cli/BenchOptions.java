package dev.varve.cli;

import dev.varve.base.Durations;
import dev.varve.bench.Progress;
import dev.varve.bench.Report;
import dev.varve.bench.Settings;
import dev.varve.bench.StoreBench;
import dev.varve.bench.StoreBench.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What every command has that measures the embedding store. */
final class BenchOptions {
  private static final String STANDARD_OUTPUT = "-";

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

  /** The sizes of a run. */
  Settings settings(int rows, int rounds, String round) {
    Path scratch = folder == null ? Path.of(System.getProperty("java.io.tmpdir")) : folder;
    return new Settings(rows, batch, zipf, rounds, Durations.parse(round), seed, scratch);
  }

  /** The file for JSON; null for none and for the standard output. */
  @Nullable Path file() {
    return json == null || json.equals(STANDARD_OUTPUT) ? null : Path.of(json);
  }

  /** Measures the store, and prints what was found. */
  int run(CommandSpec spec, Collection<Part> parts, Settings settings)
      throws IOException, InterruptedException {
    var bench = new StoreBench(SourceVersion.text(), settings);
    return run(spec, progress -> bench.run(parts, progress));
  }

  /** What is measured. */
  @FunctionalInterface
  interface Run {
    Report run(Progress progress) throws IOException, InterruptedException;
  }

  /** Measures, and prints what was found. */
  int run(CommandSpec spec, Run run) throws IOException, InterruptedException {
    Report report;
    try (var progress = new ProgressLine(spec.commandLine().getErr())) {
      report = run.run(progress::show);
    }
    Path file = file();
    if (json != null) {
      String text = Json.pretty(BenchReport.json(spec.qualifiedName(), report));
      if (file == null) {
        spec.commandLine().getOut().println(text);
      } else {
        Files.writeString(file, text + "\n");
      }
    }
    if (json == null || file != null) {
      spec.commandLine().getOut().println(BenchReport.table(report));
    }
    return 0;
  }
}
