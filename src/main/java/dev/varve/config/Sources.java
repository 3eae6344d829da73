package dev.varve.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration comes from, by rising priority.
 *
 * @param file a YAML file, or null for none
 * @param environment variables by name; only those that begin with {@code VARVE_} are read, and
 *     each of those must be a key: leave out the ones that serve another purpose
 * @param settings {@code key=value}; of two for the same key the later one counts
 */
public record Sources(@Nullable Path file, Map<String, String> environment, List<String> settings) {
  public Sources {
    environment = Map.copyOf(environment);
    settings = List.copyOf(settings);
  }

  /** Nothing but the defaults. */
  public static Sources none() {
    return new Sources(null, Map.of(), List.of());
  }
}
