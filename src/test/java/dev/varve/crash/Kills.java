package dev.varve.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The kills of a test, and where each of them hit; also in a file, as they happen. */
final class Kills {
  /** What the process was at when it was killed. */
  enum Phase {
    STARTING,
    RESTORING,
    PROCESSING,
    COMMITTING;

    /** As its markers tell. */
    static Phase behind(List<Marker> markers) {
      if (Collections.frequency(markers, Marker.RESTORING)
          > Collections.frequency(markers, Marker.RESTORED)) {
        return RESTORING;
      }
      return switch (markers.isEmpty() ? Marker.STARTING : markers.getLast()) {
        case WRITING, MOVED, ANNOUNCING, REPLYING, COMMITTING -> COMMITTING;
        case COMMITTED, RUNNING -> PROCESSING;
        default -> STARTING;
      };
    }
  }

  private final Path file;
  private final List<String> lines = new ArrayList<>();
  private final Map<Phase, Integer> hits = new EnumMap<>(Phase.class);

  Kills(Path file) {
    this.file = file;
  }

  /** Adds a store process that has been killed. */
  void add(KillPoint point, Child store) throws IOException {
    Phase hit = Phase.behind(store.markers());
    hits.merge(hit, 1, Integer::sum);
    note("kill " + count() + ": at " + point + ", while " + hit);
  }

  /** Adds a line about what else was done. */
  void note(String line) throws IOException {
    lines.add(line);
    Files.write(file, lines);
  }

  int count() {
    return hits.values().stream().mapToInt(Integer::intValue).sum();
  }

  int hits(Phase phase) {
    return hits.getOrDefault(phase, 0);
  }

  @Override
  public String toString() {
    return count() + " kills " + hits + "\n" + String.join("\n", lines);
  }
}
