package dev.varve.event;

import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Which features events may have; the components are the keys of the section {@code features}. */
public record FeaturesConfig(
    @Doc("Most features, declared or not, from 1 to 32766; events with another are dead letters.")
        int max,
    @Doc("Whether an event with a feature that is not declared is a dead letter.") boolean closed,
    @Doc(
            "Features by name, each categorical or numerical; the others are what their first"
                + " values are.")
        Map<String, FeatureKind> declared) {
  /**
   * Features, at most: their tables' numbers take 15 bits of every row in memory, of which one
   * number is for rows that categories share, and the last for none: with the bit of what is kept
   * aside it would be the prefix of what a shard keeps beside its rows.
   */
  public static final int MOST = 32_766;

  public FeaturesConfig {
    declared = Collections.unmodifiableMap(new TreeMap<>(declared));
    Check.that(max >= 1 && max <= MOST, "max", max, "from 1 to " + MOST);
    Check.that(
        declared.keySet().stream().noneMatch(String::isBlank),
        "declared",
        declared,
        "features with names");
    Check.that(
        declared.size() <= max,
        "declared",
        declared.size() + " features",
        "at most features.max = " + max);
    Check.that(
        !closed || !declared.isEmpty(), "closed", closed, "false, while no feature is declared");
  }

  /** Any feature, as it comes. */
  public static FeaturesConfig defaults() {
    return new FeaturesConfig(256, false, Map.of());
  }
}
