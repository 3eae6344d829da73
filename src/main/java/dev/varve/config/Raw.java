package dev.varve.config;

import java.util.List;
import java.util.Map;

/** A value as a source gives it, before it is known to fit its key. */
sealed interface Raw {
  /** One line of text, which may stand for a list or a map (see {@link Joined}). */
  record Text(String text) implements Raw {}

  /** A list, which only a file can give as such. */
  record Items(List<String> items) implements Raw {}

  /** A map, which only a file can give as such. */
  record Entries(Map<String, String> entries) implements Raw {}

  /** The value on one line. */
  default String text() {
    return switch (this) {
      case Text(var text) -> text;
      case Items(var items) -> Joined.items(items);
      case Entries(var entries) -> Joined.entries(entries);
    };
  }
}
