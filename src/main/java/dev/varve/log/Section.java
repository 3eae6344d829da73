package dev.varve.log;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Check;
import dev.varve.base.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One map of a YAML file, read strictly: every key that is asked for becomes known, and {@link
 * #finish} reports the others. Problems are gathered, never thrown, so that a user sees all.
 */
final class Section {
  private final String path;
  private final Map<String, JsonNode> entries = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final List<String> problems;

  Section(String path, @Nullable JsonNode node, List<String> problems) {
    this.path = path;
    this.problems = problems;
    if (node != null && node.isObject()) {
      node.properties().forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
    } else if (node != null && !node.isNull()) {
      problems.add(
          Check.message(path.isEmpty() ? "mapping" : path, shown(node), "keys and values"));
    }
  }

  /** Adds a problem of one of this section's keys. */
  void problem(String key, Object value, String rule) {
    problems.add(Check.message(pathOf(key), value, rule));
  }

  /** Adds a problem of the section as a whole. */
  void problem(Object value, String rule) {
    problems.add(Check.message(path, value, rule));
  }

  boolean has(String key) {
    known.add(key);
    return entries.containsKey(key);
  }

  /** The keys as written. */
  Set<String> keys() {
    return entries.keySet();
  }

  @Nullable JsonNode node(String key) {
    known.add(key);
    return entries.get(key);
  }

  /** The text of a scalar; null when the key is absent or holds no scalar. */
  @Nullable String text(String key) {
    JsonNode node = node(key);
    if (node == null) {
      return null;
    }
    if (!node.isValueNode() || node.isNull() || node.asText().isEmpty()) {
      problem(key, shown(node), "a value");
      return null;
    }
    return node.asText();
  }

  String text(String key, String absent) {
    String text = text(key);
    return text == null ? absent : text;
  }

  /** The text of a key that must be there; empty, with a problem, when it is not. */
  String required(String key, String rule) {
    if (!has(key)) {
      problem(key, "missing", rule);
    }
    return text(key, "");
  }

  boolean flag(String key, boolean absent) {
    String text = text(key);
    return switch (text) {
      case null -> absent;
      case "true", "yes" -> true;
      case "false", "no" -> false;
      default -> {
        problem(key, text, "true or false");
        yield absent;
      }
    };
  }

  long integer(String key, long absent, long least, long most) {
    String text = text(key);
    if (text == null) {
      return absent;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a number out of range.
    }
    problem(key, text, "an integer from %d to %d".formatted(least, most));
    return absent;
  }

  /** One of the names; the first, with a problem, when it is another, null when it is absent. */
  @Nullable String choice(String key, List<String> names) {
    String text = text(key);
    if (text == null || names.contains(text)) {
      return text;
    }
    problem(key, text, "one of " + String.join(", ", names));
    return names.getFirst();
  }

  /** A list of distinct texts; empty when the key is absent. */
  List<String> texts(String key) {
    JsonNode node = node(key);
    if (node == null) {
      return List.of();
    }
    var texts = new ArrayList<String>();
    node.forEach(item -> texts.add(item.asText()));
    if (texts.isEmpty() || texts.contains("") || Set.copyOf(texts).size() < texts.size()) {
      problem(key, shown(node), "a list of distinct names");
    }
    return List.copyOf(texts);
  }

  /** The section below a key; empty when the key is absent. */
  Section section(String key) {
    return new Section(pathOf(key), node(key), problems);
  }

  /** Reports the keys that nobody asked for. */
  void finish() {
    for (String key : entries.keySet()) {
      if (!known.contains(key)) {
        problem(key, "unknown", NearestName.rule("a known key", key, known));
      }
    }
  }

  private String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String shown(JsonNode node) {
    return RowRefused.oneLine(node.isValueNode() ? node.asText() : node.toString());
  }
}
