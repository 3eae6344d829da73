package dev.varve.config;

import java.util.List;

/**
 * A configuration that keeps all rules.
 *
 * @param config the root record
 * @param settings every key, in the order of the records' components
 */
public record Loaded<R extends Record>(R config, List<Setting> settings) {
  public Loaded {
    settings = List.copyOf(settings);
  }
}
