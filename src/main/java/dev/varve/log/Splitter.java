package dev.varve.log;

import java.util.ArrayList;
import java.util.List;

/** Several values in one text. */
final class Splitter {
  private Splitter() {}

  /** The parts between the separators, stripped; empty ones are left out. */
  static List<String> split(String text, String separator) {
    var parts = new ArrayList<String>();
    int from = 0;
    while (from <= text.length()) {
      int found = text.indexOf(separator, from);
      int to = found < 0 ? text.length() : found;
      String part = text.substring(from, to).strip();
      if (!part.isEmpty()) {
        parts.add(part);
      }
      from = to + separator.length();
    }
    return parts;
  }
}
