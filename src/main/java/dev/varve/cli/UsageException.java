package dev.varve.cli;

/** A command was asked for something that cannot be; nothing was done. The process ends with 2. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
