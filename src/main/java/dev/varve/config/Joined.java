package dev.varve.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lists and maps on one line: {@code a,b} and {@code a=1,b=2}. A comma, a backslash or, in the name
 * of an entry, an equals sign that belongs to the value is written with a backslash before it.
 */
final class Joined {
  private Joined() {}

  static String items(List<String> items) {
    return String.join(",", items.stream().map(item -> escaped(item, ",")).toList());
  }

  static String entries(Map<String, String> entries) {
    return String.join(
        ",",
        entries.entrySet().stream()
            .map(entry -> escaped(entry.getKey(), ",=") + "=" + escaped(entry.getValue(), ","))
            .toList());
  }

  static List<String> toItems(String text) {
    return pieces(text).stream().map(Joined::unescaped).toList();
  }

  /** Empty when a piece has no name or no equals sign, or when a name comes twice. */
  static Optional<Map<String, String>> toEntries(String text) {
    var entries = new LinkedHashMap<String, String>();
    for (String piece : pieces(text)) {
      int equals = indexOf(piece, '=', 0);
      if (equals <= 0) {
        return Optional.empty();
      }
      String name = unescaped(piece.substring(0, equals));
      if (entries.putIfAbsent(name, unescaped(piece.substring(equals + 1))) != null) {
        return Optional.empty();
      }
    }
    return Optional.of(entries);
  }

  private static List<String> pieces(String text) {
    var pieces = new ArrayList<String>();
    if (text.isEmpty()) {
      return pieces;
    }
    int from = 0;
    for (int comma = indexOf(text, ',', 0); comma >= 0; comma = indexOf(text, ',', from)) {
      pieces.add(text.substring(from, comma));
      from = comma + 1;
    }
    pieces.add(text.substring(from));
    return pieces;
  }

  /** The first occurrence that no backslash takes the meaning from; -1 if there is none. */
  private static int indexOf(String text, char sought, int from) {
    for (int i = from; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == sought) {
        return i;
      }
    }
    return -1;
  }

  private static String escaped(String text, String special) {
    return text.replaceAll("[\\\\" + special + "]", "\\\\$0");
  }

  private static String unescaped(String text) {
    return text.replaceAll("\\\\([\\\\,=])", "$1");
  }
}
