package dev.varve.event;

/**
 * An event that cannot be learned from; the message says why, as {@code name: value (expected:
 * rule)}.
 */
public final class RefusedEventException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_VALUE = 100;

  public RefusedEventException(String reason) {
    // A flood of bad events must stay cheap: no stack trace.
    super(reason, null, false, false);
  }

  /** For a value that breaks a rule; a long value is cut. */
  public static RefusedEventException of(String name, Object value, String rule) {
    String text = String.valueOf(value);
    if (text.length() > LONGEST_VALUE) {
      text = text.substring(0, LONGEST_VALUE) + "... (" + text.length() + " characters)";
    }
    return new RefusedEventException("%s: %s (expected: %s)".formatted(name, text, rule));
  }
}
