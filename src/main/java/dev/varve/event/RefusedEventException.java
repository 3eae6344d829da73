package dev.varve.event;

import dev.varve.base.Check;

/**
 * An event that cannot be learned from; the message says why, as {@code name: value (expected:
 * rule)}.
 */
public final class RefusedEventException extends Exception {
  private static final long serialVersionUID = 1L;

  public RefusedEventException(String reason) {
    // A flood of bad events must stay cheap: no stack trace.
    super(reason, null, false, false);
  }

  /** For a value that breaks a rule. */
  public static RefusedEventException of(String name, Object value, String rule) {
    return new RefusedEventException(Check.message(name, value, rule));
  }
}
