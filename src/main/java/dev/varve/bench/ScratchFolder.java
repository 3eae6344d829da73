package dev.varve.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** A folder that is gone again when it is closed. */
final class ScratchFolder implements AutoCloseable {
  private final Path path;

  ScratchFolder(Path in) throws IOException {
    Files.createDirectories(in);
    path = Files.createTempDirectory(in, "varve-bench");
  }

  Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    delete(path);
  }

  /** Deletes a folder with all that is in it. */
  static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
