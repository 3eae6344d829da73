package dev.varve.log;

import dev.varve.base.Check;

/**
 * A row that cannot be mapped. Carries no stack: it says nothing of the program, only of the row.
 */
final class RowRefused extends RuntimeException {
  private static final long serialVersionUID = 1;

  RowRefused(String name, String value, String rule) {
    super(oneLine(Check.message(name, value, rule)), null, false, false);
  }

  /** A text without its line ends. */
  static String oneLine(String text) {
    return text.replace('\n', ' ').replace('\r', ' ');
  }

  String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
