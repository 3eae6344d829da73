package dev.varve.config;

import dev.varve.base.NearestName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** All keys of a configuration, found by name. */
final class Schema {
  private final Section root;
  private final Map<String, Leaf> leaves = new LinkedHashMap<>();
  private final Map<String, Leaf> variables = new LinkedHashMap<>();
  private final Map<String, Section> sections;

  /** A key, and the entry of it that is meant when it is a map. */
  record Place(Leaf leaf, Optional<String> entry) {}

  Schema(Record defaults) {
    root = Section.of("", defaults);
    root.leaves()
        .forEach(
            leaf -> {
              leaves.put(leaf.key(), leaf);
              variables.put(Keys.variable(leaf.key()), leaf);
            });
    sections = root.sections().collect(Collectors.toMap(Section::key, section -> section));
  }

  Section root() {
    return root;
  }

  List<Leaf> leaves() {
    return List.copyOf(leaves.values());
  }

  /** By {@code train.batch-size}, or {@code features.declared.user_id} for an entry of a map. */
  Optional<Place> find(String key) {
    Leaf leaf = leaves.get(key);
    if (leaf != null) {
      return Optional.of(new Place(leaf, Optional.empty()));
    }
    return leaves.values().stream()
        .filter(map -> map.type() instanceof LeafType.Entries)
        .filter(map -> key.startsWith(map.key() + ".") && key.length() > map.key().length() + 1)
        .findFirst()
        .map(map -> new Place(map, Optional.of(key.substring(map.key().length() + 1))));
  }

  Optional<Section> section(String key) {
    return Optional.ofNullable(sections.get(key));
  }

  /** By {@code VARVE_TRAIN_BATCH_SIZE}. */
  Optional<Leaf> findVariable(String name) {
    return Optional.ofNullable(variables.get(name));
  }

  /** The message that refuses a key. */
  String unknownKey(String key) {
    return unknown(key, NearestName.of(key, leaves.keySet()));
  }

  /** The message that refuses a variable. */
  String unknownVariable(String name) {
    return variables.entrySet().stream()
        .filter(known -> known.getValue().type() instanceof LeafType.Entries)
        .filter(known -> name.startsWith(known.getKey() + "_"))
        .findFirst()
        .map(map -> unknown(name, Optional.of(map.getKey() + ", the whole map as a=1,b=2")))
        .orElseGet(() -> unknown(name, NearestName.of(name, variables.keySet())));
  }

  private static String unknown(String name, Optional<String> nearest) {
    String hint = nearest.map(known -> "; did you mean %s?".formatted(known)).orElse("");
    return "unknown key: %s (expected: a known key%s)".formatted(name, hint);
  }
}
