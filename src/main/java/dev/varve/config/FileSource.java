package dev.varve.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts a YAML file into a draft: sections as mappings, or dotted keys, or both. */
final class FileSource {
  private final Draft draft;
  private final String origin;

  /** Line of each key seen. */
  private final Map<String, Integer> lines = new LinkedHashMap<>();

  private FileSource(Draft draft, Path file) {
    this.draft = draft;
    this.origin = "file " + file;
  }

  /**
   * Reads the file into the draft.
   *
   * @throws ConfigException when the file cannot be read as YAML at all
   */
  static void read(Path file, Draft draft) {
    YamlNode document = YamlReader.read(file);
    var source = new FileSource(draft, file);
    switch (document) {
      case YamlNode.Mapping mapping -> source.section("", mapping);
      case YamlNode.Nothing nothing -> {}
      case YamlNode.Text text -> source.refuseDocument("a text");
      case YamlNode.Items items -> source.refuseDocument("a list");
    }
  }

  private void refuseDocument(String found) {
    draft.refuse("file: %s (expected: keys and their values)".formatted(found), origin);
  }

  private void section(String section, YamlNode.Mapping mapping) {
    for (YamlNode.Entry entry : mapping.entries()) {
      String key = Keys.join(section, entry.key());
      if (seenBefore(key, entry.line())) {
        continue;
      }
      Optional<Schema.Place> place = draft.schema().find(key);
      if (place.isPresent()) {
        value(place.get(), key, entry.value());
      } else if (entry.value() instanceof YamlNode.Mapping deeper) {
        section(key, deeper);
      } else if (!(entry.value() instanceof YamlNode.Nothing)
          || draft.schema().section(key).isEmpty()) {
        draft.set(key, raw(entry.value()), origin);
      }
    }
  }

  private boolean seenBefore(String key, int line) {
    Integer first = lines.putIfAbsent(key, line);
    if (first != null) {
      draft.refuse("%s: lines %d and %d (expected: once)".formatted(key, first, line), origin);
    }
    return first != null;
  }

  /** A map or list without anything in it keeps its default; any other key needs a value. */
  private void value(Schema.Place place, String key, YamlNode node) {
    boolean single = place.entry().isPresent() || place.leaf().type() instanceof Scalar;
    if (node instanceof YamlNode.Nothing) {
      if (single) {
        draft.refuse("%s: nothing (expected: a value)".formatted(key), origin);
      }
    } else if (single || !(node instanceof YamlNode.Mapping mapping)) {
      draft.set(key, raw(node), origin);
    } else {
      entries(key, mapping);
    }
  }

  private void entries(String key, YamlNode.Mapping mapping) {
    var entries = new LinkedHashMap<String, String>();
    for (YamlNode.Entry entry : mapping.entries()) {
      String name = Keys.join(key, entry.key());
      if (seenBefore(name, entry.line())) {
        continue;
      }
      switch (entry.value()) {
        case YamlNode.Text(var text, int line) -> entries.put(entry.key(), text);
        case YamlNode.Nothing nothing -> refuseEntry(name, "nothing");
        case YamlNode.Items items -> refuseEntry(name, "a list");
        case YamlNode.Mapping deeper -> refuseEntry(name, "a map");
      }
    }
    draft.set(key, new Raw.Entries(entries), origin);
  }

  private void refuseEntry(String name, String found) {
    draft.refuse("%s: %s (expected: one value)".formatted(name, found), origin);
  }

  /** A node where a value is wanted; what lies deeper than a list of texts becomes empty text. */
  private static Raw raw(YamlNode node) {
    return switch (node) {
      case YamlNode.Text(var text, int line) -> new Raw.Text(text);
      case YamlNode.Nothing nothing -> new Raw.Text("");
      case YamlNode.Items(var items, int line) -> new Raw.Items(texts(items));
      case YamlNode.Mapping mapping -> new Raw.Entries(Map.of());
    };
  }

  private static List<String> texts(List<YamlNode> items) {
    var texts = new ArrayList<String>();
    for (YamlNode item : items) {
      texts.add(item instanceof YamlNode.Text(var text, int line) ? text : "");
    }
    return texts;
  }
}
