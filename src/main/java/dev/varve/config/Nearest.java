package dev.varve.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what was probably meant. */
final class Nearest {
  private Nearest() {}

  /**
   * The candidate that the fewest typing errors turn into the name; dots, dashes, underscores and
   * capitals do not count. Empty when even the nearest is far off. A name without a section is also
   * compared with the last part of the candidates.
   */
  static Optional<String> to(String name, Collection<String> candidates) {
    String sought = plain(name);
    // Of a short name two wrong letters leave nothing to recognise.
    int limit = sought.length() <= 3 ? 1 : Math.max(2, sought.length() / 3);
    return candidates.stream()
        .filter(candidate -> distance(name, candidate) <= limit)
        .min(
            Comparator.<String>comparingInt(candidate -> distance(name, candidate))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static int distance(String name, String candidate) {
    int whole = edits(plain(name), plain(candidate));
    int dot = candidate.lastIndexOf('.');
    return name.contains(".") || dot < 0
        ? whole
        : Math.min(whole, edits(plain(name), plain(candidate.substring(dot + 1))));
  }

  private static String plain(String name) {
    return name.replaceAll("[._-]", "").toLowerCase(Locale.ROOT);
  }

  /** Letters inserted, deleted or replaced (Levenshtein). */
  static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
