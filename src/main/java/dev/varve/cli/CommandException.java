package dev.varve.cli;

import picocli.CommandLine.ExitCode;

/**
 * A command failed; its message is all that the user needs to know. The process ends with 1, or
 * with 2 where it was asked for something that cannot be.
 */
final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  CommandException(String message) {
    super(message);
    this.exitCode = ExitCode.SOFTWARE;
  }

  CommandException(String message, Throwable cause) {
    super(message, cause);
    this.exitCode = ExitCode.SOFTWARE;
  }

  private CommandException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  /** For what cannot be, and will not be by being asked again. */
  static CommandException impossible(String message) {
    return new CommandException(message, ExitCode.USAGE);
  }

  int exitCode() {
    return exitCode;
  }
}
