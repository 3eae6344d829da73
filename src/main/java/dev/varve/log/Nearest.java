package dev.varve.log;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The name that was probably meant. */
final class Nearest {
  private static final int SHOWN = 12;

  private Nearest() {}

  /**
   * The rule that a name is one of the known: with the near one if there is, otherwise with all.
   */
  static String rule(String what, String name, Collection<String> known) {
    return of(name, known)
        .map(near -> "%s; nearest: %s".formatted(what, near))
        .orElseGet(() -> "%s: %s".formatted(what, listed(known)));
  }

  /**
   * The known name with the fewest edits, if they are at most half of the name or only added to it.
   */
  static Optional<String> of(String name, Collection<String> known) {
    int most = Math.max(1, name.length() / 2);
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .filter(near -> near.startsWith(name) || distance(name, near) <= most);
  }

  private static String listed(Collection<String> known) {
    String names = String.join(", ", known.stream().limit(SHOWN).toList());
    return known.size() > SHOWN
        ? "%s and %d more".formatted(names, known.size() - SHOWN)
        : known.isEmpty() ? "none" : names;
  }

  /** Edits (insert, delete, replace) between two names, case aside. */
  static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[] costs = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      costs[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = costs[0];
      costs[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = costs[j];
        costs[j] = Math.min(replaced, 1 + Math.min(costs[j], costs[j - 1]));
      }
    }
    return costs[b.length()];
  }
}
