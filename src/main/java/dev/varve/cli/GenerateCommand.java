package dev.varve.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.log.Generator;
import dev.varve.log.GeneratorConfig;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve generate}: writes synthetic click events as CSV. */
@Command(
    name = "generate",
    description = {
      "Write synthetic click events as CSV.",
      "Popularity follows Zipf's law and drifts; labels are drawn from a planted model, whose true"
          + " probabilities stand in the log. Read it with: varve replay FILE --as generated"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class GenerateCommand implements Callable<Integer> {
  private static final Path STANDARD_OUTPUT = Path.of("-");

  private final OutputStream standardOutput;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "-",
      description =
          "Where to; a name in .zst or .gz is compressed, - is the standard output."
              + " Default: ${DEFAULT-VALUE}")
  private Path file = STANDARD_OUTPUT;

  @Option(
      names = {"-n", "--examples"},
      paramLabel = "N",
      defaultValue = "1000000",
      description = "How many examples. Default: ${DEFAULT-VALUE}")
  private long examples;

  @Option(
      names = "--features",
      paramLabel = "F",
      defaultValue = "13",
      description =
          "How many categorical features, with mixed cardinalities from 3 to 100000."
              + " Default: ${DEFAULT-VALUE}")
  private int features;

  @Option(
      names = "--cardinalities",
      paramLabel = "N",
      split = ",",
      description = "Categories of each feature, separated by commas; instead of --features.")
  private @Nullable List<Integer> cardinalities;

  @Option(
      names = "--zipf",
      paramLabel = "S",
      defaultValue = "1.05",
      description = "Zipf exponent of the popularity, 0 for uniform. Default: ${DEFAULT-VALUE}")
  private double zipf;

  @Option(
      names = "--drift-every",
      paramLabel = "N",
      defaultValue = "100000",
      description =
          "Examples between two changes of popularity, 0 for none. Default: ${DEFAULT-VALUE}")
  private long driftEvery;

  @Option(
      names = "--drift-share",
      paramLabel = "X",
      defaultValue = "0.1",
      description = "Share of the ranks that change hands at each. Default: ${DEFAULT-VALUE}")
  private double driftShare;

  @Option(
      names = "--rate",
      paramLabel = "R",
      defaultValue = "1000",
      description = "Examples per second of event time. Default: ${DEFAULT-VALUE}")
  private double rate;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "The same seed gives the same bytes. Default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(names = "--json", description = "Print the summary as one JSON object.")
  private boolean json;

  public GenerateCommand() {
    this(new FileOutputStream(FileDescriptor.out));
  }

  /** With the stream that {@code -} stands for. */
  GenerateCommand(OutputStream standardOutput) {
    this.standardOutput = standardOutput;
  }

  /** 0 when all is written, 1 when the output fails, 2 (from picocli) for a wrong value. */
  @Override
  public Integer call() {
    var command = command().commandLine();
    Generator generator = new Generator(config());
    boolean toFile = !file.equals(STANDARD_OUTPUT);
    try {
      Generator.Summary summary = toFile ? toFile(generator) : toStandardOutput(generator);
      print(summary, toFile ? command.getOut() : command.getErr());
      return 0;
    } catch (IOException e) {
      command.getErr().println("cannot write %s: %s".formatted(file, e));
      return 1;
    }
  }

  private CommandSpec command() {
    if (spec == null) {
      throw new IllegalStateException("spec: null (expected: set by picocli)");
    }
    return spec;
  }

  private GeneratorConfig config() {
    if (cardinalities != null
        && command().commandLine().getParseResult().hasMatchedOption("--features")) {
      throw wrong("either --features or --cardinalities");
    }
    try {
      return new GeneratorConfig(
          examples,
          cardinalities == null ? GeneratorConfig.cardinalities(features) : cardinalities,
          zipf,
          driftEvery,
          driftShare,
          rate,
          seed,
          GeneratorConfig.Model.defaults());
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(command().commandLine(), message);
  }

  private Generator.Summary toFile(Generator generator) throws IOException {
    try (OutputStream out = Generator.compressing(file, Files.newOutputStream(file))) {
      return generator.write(out, progress());
    }
  }

  /** Left open: it is not ours. */
  private Generator.Summary toStandardOutput(Generator generator) throws IOException {
    return generator.write(standardOutput, progress());
  }

  private LongConsumer progress() {
    if (Optional.ofNullable(System.console()).filter(Console::isTerminal).isEmpty()) {
      return written -> {};
    }
    PrintWriter err = command().commandLine().getErr();
    long step = Math.max(1, examples / 100);
    return new LongConsumer() {
      private long shown;

      @Override
      public void accept(long written) {
        boolean end = written == examples;
        if (end || written - shown >= step) {
          shown = written;
          err.print(end ? "\r\033[K" : "\r%,d of %,d examples".formatted(written, examples));
          err.flush();
        }
      }
    };
  }

  private void print(Generator.Summary summary, PrintWriter out) throws IOException {
    if (json) {
      var values = new LinkedHashMap<String, Object>();
      values.put("file", file.toString());
      values.put("examples", summary.examples());
      values.put("positives", summary.positives());
      values.put("meanProbability", summary.meanProbability());
      values.put("bayesLogLoss", summary.bayesLogLoss());
      out.println(new ObjectMapper().writeValueAsString(values));
    } else {
      out.println(
          String.format(
              Locale.ROOT,
              "%,d examples, %,d positive, mean probability %.4f, Bayes log-loss %.4f",
              summary.examples(),
              summary.positives(),
              summary.meanProbability(),
              summary.bayesLogLoss()));
    }
    out.flush();
  }
}
