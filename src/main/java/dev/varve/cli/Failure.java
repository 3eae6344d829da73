package dev.varve.cli;

import dev.varve.base.Check;
import dev.varve.config.ConfigException;
import dev.varve.log.MappingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import picocli.CommandLine.ExitCode;

/**
 * How a command's exception ends the process: a message without a stack trace, and an exit code.
 *
 * <p>An exception whose message has the form of {@link Check} explains itself; any other runtime
 * exception is an error in Varve, and says so.
 */
record Failure(String message, int exitCode) {
  static Failure of(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return switch (e) {
      case ConfigException config -> new Failure(message, ExitCode.USAGE);
      case MappingException mapping -> new Failure(message, ExitCode.USAGE);
      case CommandException command -> new Failure(message, command.exitCode());
      case IllegalArgumentException refusal when explains(message) ->
          new Failure(message, ExitCode.USAGE);
      case UncheckedIOException wrapped -> of(Objects.requireNonNull(wrapped.getCause()));
      case IOException io -> new Failure(ofFile(io, message), ExitCode.SOFTWARE);
      case RuntimeException other when explains(message) -> new Failure(message, ExitCode.SOFTWARE);
      default ->
          new Failure(
              "internal error: %s (run again with --stacktrace to see where)".formatted(e),
              ExitCode.SOFTWARE);
    };
  }

  private static boolean explains(String message) {
    return message.contains(" (expected: ");
  }

  /** The message of many exceptions about files is nothing but the path. */
  private static String ofFile(IOException e, String message) {
    return switch (e) {
      case NoSuchFileException missing -> Check.message("file", message, "an existing file");
      case AccessDeniedException denied ->
          Check.message("file", message, "a file that may be read and written");
      default -> explains(message) ? message : e.getClass().getSimpleName() + ": " + message;
    };
  }
}
