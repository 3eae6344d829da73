package dev.varve.config;

import dev.varve.base.Check;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the sources give, key by key, and all that is wrong with it. Sources write into it one after
 * the other, by rising priority: a later value replaces an earlier one, a single entry of a map
 * joins the entries that are there.
 */
final class Draft {
  private final Schema schema;
  private final Map<Leaf, Given> given = new HashMap<>();
  private final List<String> problems = new ArrayList<>();

  /** A value and where it comes from. */
  record Given(Raw raw, String origin) {}

  Draft(Schema schema) {
    this.schema = schema;
  }

  Schema schema() {
    return schema;
  }

  void refuse(String message, String origin) {
    problems.add("%s [%s]".formatted(message, origin));
  }

  /** Sets a key, or an entry of one that is a map; refuses a name that is neither. */
  void set(String name, Raw raw, String origin) {
    Optional<Schema.Place> place = schema.find(name);
    Optional<Section> section = schema.section(name);
    if (place.isPresent()) {
      set(place.get(), name, raw, origin);
    } else if (section.isPresent()) {
      List<String> keys = section.get().leaves().map(Leaf::key).toList();
      String rule = "a section with " + String.join(", ", keys);
      refuse(Check.message(name, raw.text(), rule), origin);
    } else {
      refuse(schema.unknownKey(name), origin);
    }
  }

  private void set(Schema.Place place, String name, Raw raw, String origin) {
    if (place.entry().isEmpty()) {
      given.put(place.leaf(), new Given(raw, origin));
    } else if (raw instanceof Raw.Text(var text)) {
      setEntry(place.leaf(), place.entry().get(), text, origin);
    } else {
      refuse(Check.message(name, raw.text(), "one value"), origin);
    }
  }

  private void setEntry(Leaf map, String entry, String text, String origin) {
    Given before = given.getOrDefault(map, new Given(map.defaultRaw(), origin));
    try {
      var entries = ((LeafType.Entries) map.type()).texts(map.key(), before.raw());
      var joined = new LinkedHashMap<>(entries);
      joined.put(entry, text);
      given.put(map, new Given(new Raw.Entries(joined), joined(before.origin(), origin)));
    } catch (IllegalArgumentException e) {
      refuse(String.valueOf(e.getMessage()), before.origin());
    }
  }

  private static String joined(String before, String origin) {
    return List.of(before.split(", ")).contains(origin) ? before : before + ", " + origin;
  }

  /** The values that fit their keys' types; the others become problems. */
  Map<Leaf, Object> read() {
    var values = new LinkedHashMap<Leaf, Object>();
    for (Leaf leaf : schema.leaves()) {
      Given value = given.get(leaf);
      if (value != null) {
        try {
          values.put(leaf, leaf.type().read(leaf.key(), value.raw()));
        } catch (IllegalArgumentException e) {
          refuse(String.valueOf(e.getMessage()), value.origin());
        }
      }
    }
    return values;
  }

  /** Whether a source gives this key. */
  boolean gives(Leaf leaf) {
    return given.containsKey(leaf);
  }

  /** The value of a key and its origin, whether given or default. */
  Given effective(Leaf leaf) {
    return given.getOrDefault(leaf, new Given(leaf.defaultRaw(), "default"));
  }

  /**
   * Ends the gathering.
   *
   * @throws ConfigException with all problems, if there are any
   */
  void requireNoProblems() {
    if (!problems.isEmpty()) {
      throw new ConfigException(problems.stream().distinct().toList());
    }
  }
}
