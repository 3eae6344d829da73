package dev.varve.layout;

import dev.varve.base.Check;

/** Thrown by a command that cannot be carried out; nothing has changed. */
final class RefusedCommandException extends Exception {
  private static final long serialVersionUID = 1;

  private RefusedCommandException(String message, Throwable cause) {
    super(message, cause);
  }

  RefusedCommandException(String name, Object value, String rule) {
    super(Check.message(name, value, rule));
  }

  static RefusedCommandException of(Exception cause) {
    return new RefusedCommandException(String.valueOf(cause.getMessage()), cause);
  }

  /** Throws unless something holds. */
  static void require(boolean holds, String name, Object value, String rule)
      throws RefusedCommandException {
    if (!holds) {
      throw new RefusedCommandException(name, value, rule);
    }
  }
}
