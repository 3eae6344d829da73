package dev.varve.config;

import java.util.LinkedHashMap;
import java.util.regex.Pattern;

/** Keeps passwords out of what is shown: entries of maps whose name says that they are secret. */
final class Secrets {
  private static final Pattern NAME =
      Pattern.compile("password|secret|token|credential|jaas|private|keystore\\.key");
  private static final String MASK = "***";

  private Secrets() {}

  /** The value on one line, fit to be shown. */
  static String masked(Leaf leaf, Raw raw) {
    if (!(leaf.type() instanceof LeafType.Entries type)) {
      return raw.text();
    }
    var shown = new LinkedHashMap<String, String>();
    type.texts(leaf.key(), raw)
        .forEach((name, text) -> shown.put(name, NAME.matcher(name).find() ? MASK : text));
    return Joined.entries(shown);
  }
}
