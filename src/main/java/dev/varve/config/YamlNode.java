package dev.varve.config;

import java.util.List;

/** A YAML document as it is written: nothing but text, with the line that each part begins on. */
public sealed interface YamlNode {
  int line();

  /** One value; quotes are gone, {@code 007} and {@code yes} are still what they were. */
  record Text(String text, int line) implements YamlNode {}

  /** A key without a value, or an empty document. */
  record Nothing(int line) implements YamlNode {}

  record Items(List<YamlNode> items, int line) implements YamlNode {}

  /** In order of writing; a key may come twice. */
  record Mapping(List<Entry> entries, int line) implements YamlNode {}

  /** One key of a mapping. */
  record Entry(String key, YamlNode value, int line) {}
}
