package dev.varve.layout;

import dev.varve.base.Check;
import dev.varve.schema.Refusal;

/** Thrown by a command that cannot be carried out; nothing has changed. */
final class RefusedCommandException extends Exception {
  private static final long serialVersionUID = 1;

  private final Refusal kind;

  private RefusedCommandException(String message, Throwable cause) {
    super(message, cause);
    this.kind = Refusal.NOT_NOW;
  }

  RefusedCommandException(Refusal kind, String name, Object value, String rule) {
    super(Check.message(name, value, rule));
    this.kind = kind;
  }

  /** For a program that asked. */
  Refusal kind() {
    return kind;
  }

  static RefusedCommandException of(Exception cause) {
    return new RefusedCommandException(String.valueOf(cause.getMessage()), cause);
  }

  /** Throws unless something holds that may hold later. */
  static void require(boolean holds, String name, Object value, String rule)
      throws RefusedCommandException {
    require(holds, Refusal.NOT_NOW, name, value, rule);
  }

  /** Throws unless something holds. */
  static void require(boolean holds, Refusal kind, String name, Object value, String rule)
      throws RefusedCommandException {
    if (!holds) {
      throw new RefusedCommandException(kind, name, value, rule);
    }
  }
}
