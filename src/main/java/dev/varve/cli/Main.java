package dev.varve.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command {@code varve}: parses the command line and runs a subcommand. Ends with 0 when it
 * worked, 1 when it failed, 2 when it was asked for something that cannot be.
 */
@Command(
    name = "varve",
    description = "A streaming store for feature embeddings that learns while it serves.",
    versionProvider = Main.Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      ReplayCommand.class,
      GenerateCommand.class,
      LookupCommand.class,
      StatusCommand.class,
      TopCommand.class,
      ExplainCommand.class,
      RebalanceCommand.class,
      TopicsCommand.class,
      ConfigCommand.class,
      TokenCommand.class,
      BenchCommand.class,
      GenerateCompletion.class,
      HelpCommand.class,
    })
public final class Main {
  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Show where in the program an error comes from.")
  private boolean stacktrace;

  public static void main(String[] args) {
    CommandLine commandLine = commandLine();
    // Ids are UTF-8 whatever the locale says: scripts read what is printed.
    commandLine.setOut(utf8(FileDescriptor.out));
    commandLine.setErr(utf8(FileDescriptor.err));
    System.exit(commandLine.execute(args));
  }

  /** The command line of one run. */
  static CommandLine commandLine() {
    var commandLine = new CommandLine(new Main());
    // An id may begin with an at sign; it is no file with arguments.
    commandLine.setExpandAtFiles(false);
    commandLine.setUsageHelpAutoWidth(true);
    commandLine.setParameterExceptionHandler(Main::refuse);
    commandLine.setExecutionExceptionHandler((e, command, parsed) -> fail(e, command));
    sayVersion(commandLine);
    return commandLine;
  }

  private static void sayVersion(CommandLine of) {
    of.getCommandSpec().versionProvider(new Version());
    of.getSubcommands().values().forEach(Main::sayVersion);
  }

  private static PrintWriter utf8(FileDescriptor descriptor) {
    return new PrintWriter(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /** What cannot be understood: what it is, what may be meant, where the help is. */
  private static int refuse(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(e.getMessage());
    UnmatchedArgumentException.printSuggestions(e, err);
    err.printf("See: %s --help%n", command.getCommandSpec().qualifiedName());
    return CommandLine.ExitCode.USAGE;
  }

  private static int fail(Exception e, CommandLine command) {
    var failure = Failure.of(e);
    command.getErr().println(failure.message());
    Main root = command.getCommandSpec().root().commandLine().getCommand();
    if (root.stacktrace) {
      e.printStackTrace(command.getErr());
    }
    return failure.exitCode();
  }

  /** The version that the jar was built as. */
  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  /** What {@code --version} prints. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"varve %s (Java %s)".formatted(version(), Runtime.version())};
    }
  }
}
