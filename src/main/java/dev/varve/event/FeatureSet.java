package dev.varve.event;

import dev.varve.base.Check;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The features this process knows, each with a small number. Open by default: a feature seen for
 * the first time is taken in until there are {@code max}; closed, only declared ones are accepted.
 *
 * <p><b>Threads:</b> any. Look-ups read an immutable snapshot; taking a feature in locks.
 */
public final class FeatureSet {
  /** A known feature; {@code index} counts from 0 in the order they became known. */
  public record Known(String name, FeatureKind kind, int index) {}

  private static final int LONGEST_NAME = 128;

  private final FeaturesConfig config;
  private volatile Map<String, Known> byName = Map.of();
  private volatile Known[] byIndex = {};

  public FeatureSet(FeaturesConfig config) {
    this.config = config;
    config.declared().forEach(this::add);
  }

  /** Takes in a feature that is already learned, whatever the limits say now. */
  public synchronized void restore(String name, FeatureKind kind) {
    if (!isKnown(name)) {
      add(name, kind);
    }
  }

  /** Whether only declared features are accepted. */
  public boolean isClosed() {
    return config.closed();
  }

  public boolean isKnown(String name) {
    return byName.containsKey(name);
  }

  /** The feature of this name; null when it is not known. Whoever is known stays so. */
  public @Nullable Known find(String name) {
    return byName.get(name);
  }

  /** The feature of this name, taken in if it is not known. */
  public Known get(String name, FeatureKind kind) throws RefusedEventException {
    Known known = byName.get(name);
    if (known == null) {
      admit(Map.of(name, kind));
      known = Objects.requireNonNull(byName.get(name));
    }
    return requireKind(known, kind);
  }

  public Known get(int index) {
    return byIndex[index];
  }

  public int size() {
    return byIndex.length;
  }

  /**
   * Takes in those of the features that are not known yet.
   *
   * @throws RefusedEventException when one of them is refused; then none is taken in
   */
  public synchronized void admit(Map<String, FeatureKind> wanted) throws RefusedEventException {
    Map<String, FeatureKind> unknown = new LinkedHashMap<>();
    for (var entry : wanted.entrySet()) {
      Known known = byName.get(entry.getKey());
      if (known == null) {
        check(entry.getKey(), unknown.size());
        unknown.put(entry.getKey(), entry.getValue());
      } else {
        requireKind(known, entry.getValue());
      }
    }
    unknown.forEach(this::add);
  }

  private void check(String name, int others) throws RefusedEventException {
    checkName(name);
    if (config.closed()) {
      throw RefusedEventException.of(
          "feature", name, "a declared feature, since features.closed is true");
    }
    if (byIndex.length + others >= config.max()) {
      throw RefusedEventException.of(
          "feature", name, "at most %d features, features.max".formatted(config.max()));
    }
  }

  static Known requireKind(Known known, FeatureKind kind) throws RefusedEventException {
    if (known.kind != kind) {
      throw RefusedEventException.of("feature " + known.name, kind.text(), known.kind.text());
    }
    return known;
  }

  private static void checkName(String name) throws RefusedEventException {
    if (name.isBlank()
        || name.length() > LONGEST_NAME
        || name.codePoints().anyMatch(c -> Character.isISOControl(c) || c == '/')) {
      throw RefusedEventException.of(
          "feature name",
          name,
          "1 to %d characters, no control characters, no slash".formatted(LONGEST_NAME));
    }
  }

  private synchronized void add(String name, FeatureKind kind) {
    Known known = new Known(name, kind, byIndex.length);
    Map<String, Known> names = new LinkedHashMap<>(byName);
    Check.that(names.put(name, known) == null, "feature", name, "known once");
    Known[] all = Arrays.copyOf(byIndex, byIndex.length + 1);
    all[known.index] = known;
    // The array first: whoever finds the name may ask for its index.
    byIndex = all;
    byName = names;
  }
}
