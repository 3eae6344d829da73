package dev.varve.base;

/** Checks whose message is {@code name: value (expected: rule)}. */
public final class Check {
  private static final int LONGEST_QUOTE = 200;

  private Check() {}

  /**
   * Throws unless {@code holds}.
   *
   * @throws IllegalArgumentException with the message {@code name: value (expected: rule)}
   */
  public static void that(boolean holds, String name, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(message(name, value, rule));
    }
  }

  /** The message form of every refusal in Varve; a long name or value is {@link #quoted}. */
  public static String message(String name, Object value, String rule) {
    return "%s: %s (expected: %s)".formatted(quoted(name), quoted(String.valueOf(value)), rule);
  }

  /**
   * A text as messages quote it: of a long one the first 200 characters and how many it has. Anyone
   * may have sent it, and a message must not be as long as what it refuses.
   */
  public static String quoted(String text) {
    return text.length() <= LONGEST_QUOTE
        ? text
        : "%s... (%d characters)".formatted(text.substring(0, LONGEST_QUOTE), text.length());
  }
}
