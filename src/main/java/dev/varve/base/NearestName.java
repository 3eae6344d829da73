package dev.varve.base;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the known name that was probably meant by one that is not known. */
public final class NearestName {
  /** How many names a rule lists where none is near. */
  private static final int LISTED = 12;

  private NearestName() {}

  /**
   * The known name that the fewest typing errors turn into the name; dots, dashes, underscores and
   * capitals do not count. Empty when even the nearest is far off, unless it only goes on where the
   * name ends. A name without a section is also compared with the last part of the known.
   */
  public static Optional<String> of(String name, Collection<String> known) {
    return known.stream()
        .filter(candidate -> near(name, candidate))
        .min(
            Comparator.<String>comparingInt(candidate -> distance(name, candidate))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** The rule that a name be one of the known: with the near one, otherwise with a list. */
  public static String rule(String what, String name, Collection<String> known) {
    return of(name, known)
        .map(near -> "%s; did you mean %s?".formatted(what, near))
        .orElseGet(() -> "%s: %s".formatted(what, listed(known)));
  }

  private static boolean near(String name, String candidate) {
    int letters = plain(name).length();
    // Of a short name two wrong letters leave nothing to recognise.
    int limit = letters <= 3 ? 1 : Math.max(2, letters / 3);
    boolean begun = letters >= 3 && plain(ending(name, candidate)).startsWith(plain(name));
    return begun || distance(name, candidate) <= limit;
  }

  private static int distance(String name, String candidate) {
    int whole = edits(plain(name), plain(candidate));
    return Math.min(whole, edits(plain(name), plain(ending(name, candidate))));
  }

  /** The last part of the candidate, unless the name has parts too. */
  private static String ending(String name, String candidate) {
    return name.contains(".") ? candidate : candidate.substring(candidate.lastIndexOf('.') + 1);
  }

  private static String plain(String name) {
    return name.replaceAll("[._-]", "").toLowerCase(Locale.ROOT);
  }

  private static String listed(Collection<String> known) {
    String names = String.join(", ", known.stream().limit(LISTED).toList());
    return known.size() > LISTED
        ? "%s and %d more".formatted(names, known.size() - LISTED)
        : known.isEmpty() ? "none" : names;
  }

  /** Letters inserted, deleted or replaced (Levenshtein). */
  private static int edits(String a, String b) {
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
