package dev.varve.serve;

import dev.varve.base.Check;

/** A request is refused; the message is for the one who sent it. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Outcome outcome;

  private RefusedException(Outcome outcome, String name, Object value, String rule) {
    // No stack trace: a caller's mistake says nothing of our code, and thousands may come a second.
    super(Check.message(name, shown(value), rule), null, false, false);
    this.outcome = outcome;
  }

  static RefusedException malformed(String name, Object value, String rule) {
    return new RefusedException(Outcome.MALFORMED, name, value, rule);
  }

  static RefusedException notFound(String name, Object value, String rule) {
    return new RefusedException(Outcome.NOT_FOUND, name, value, rule);
  }

  static RefusedException tooLarge(String name, Object value, String rule) {
    return new RefusedException(Outcome.TOO_LARGE, name, value, rule);
  }

  static RefusedException unauthenticated(String name, Object value, String rule) {
    return new RefusedException(Outcome.UNAUTHENTICATED, name, value, rule);
  }

  static RefusedException forbidden(String name, Object value, String rule) {
    return new RefusedException(Outcome.FORBIDDEN, name, value, rule);
  }

  static RefusedException overloaded(String name, Object value, String rule) {
    return new RefusedException(Outcome.OVERLOADED, name, value, rule);
  }

  /** Right, but not now. */
  static RefusedException unavailable(String name, Object value, String rule) {
    return new RefusedException(Outcome.UNAVAILABLE, name, value, rule);
  }

  Outcome outcome() {
    return outcome;
  }

  private static String shown(Object value) {
    String text = value.toString();
    return text.isEmpty() ? "empty" : text;
  }
}
