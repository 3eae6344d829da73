package dev.varve.log;

import java.util.List;

/**
 * A mapping, or a log read by it, that its user has to mend: nothing was read. Carries all problems
 * found, each {@code key: value (expected: rule)}.
 */
public final class MappingException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<String> problems;

  MappingException(String mapping, List<String> problems) {
    super(message(mapping, problems));
    this.problems = List.copyOf(problems);
  }

  /** All problems, at least one. */
  public List<String> problems() {
    return problems;
  }

  private static String message(String mapping, List<String> problems) {
    return problems.size() == 1
        ? "mapping %s: %s".formatted(mapping, problems.getFirst())
        : "mapping %s: %d problems:\n  %s"
            .formatted(mapping, problems.size(), String.join("\n  ", problems));
  }
}
