package dev.varve.config;

import java.util.List;

/**
 * The configuration was refused. The message holds every problem, one per line, each {@code key:
 * value (expected: rule) [origin]}.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("serial") // an immutable list of strings
  private final List<String> problems;

  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  public List<String> problems() {
    return problems;
  }
}
