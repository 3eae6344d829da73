package dev.varve.event;

import dev.varve.base.Check;

/**
 * An event that cannot be learned from; the message says why, as {@code name: value (expected:
 * rule)}.
 */
public final class RefusedEventException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_TEXT = 100;

  public RefusedEventException(String reason) {
    // A flood of bad events must stay cheap: no stack trace.
    super(reason, null, false, false);
  }

  /** For a value that breaks a rule; a long name or value is cut. */
  public static RefusedEventException of(String name, Object value, String rule) {
    return new RefusedEventException(Check.message(cut(name), cut(String.valueOf(value)), rule));
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_TEXT
        ? text
        : "%s... (%d characters)".formatted(text.substring(0, LONGEST_TEXT), text.length());
  }
}
