package dev.varve.base;

/** Checks whose message is {@code name: value (expected: rule)}. */
public final class Check {
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

  /** The message form of every refusal in Varve. */
  public static String message(String name, Object value, String rule) {
    return "%s: %s (expected: %s)".formatted(name, value, rule);
  }
}
