package dev.varve.log;

/** Decimal numbers as logs hold them. */
final class Numbers {
  private Numbers() {}

  /** The number, or NaN when the text is none: also for infinities, hexadecimals and "1d". */
  static double parse(String text) {
    if (text.isEmpty() || text.indexOf('x') >= 0 || text.indexOf('X') >= 0) {
      return Double.NaN;
    }
    char end = text.charAt(text.length() - 1);
    if (end != '.' && (end < '0' || end > '9')) {
      return Double.NaN;
    }
    try {
      double value = Double.parseDouble(text);
      return Double.isFinite(value) ? value : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
