package dev.varve.log;

import dev.varve.base.Check;

/**
 * A row that cannot be mapped. Carries no stack: it says nothing of the program, only of the row.
 */
final class RowRefused extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int SHOWN_CHARS = 100;

  RowRefused(String name, String value, String rule) {
    super(Check.message(name, cut(value), rule), null, false, false);
  }

  /** The beginning of a text, on one line. */
  static String cut(String text) {
    String shown = text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS) + "…";
    return shown.replace('\n', ' ').replace('\r', ' ');
  }

  String reason() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
