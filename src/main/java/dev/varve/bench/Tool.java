package dev.varve.bench;

import dev.varve.base.Check;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** A program that a bench starts, and the package of Debian and Ubuntu that has it. */
enum Tool {
  REDIS_SERVER("redis-server", "redis-server"),
  REDIS_BENCHMARK("redis-benchmark", "redis-tools"),
  H2LOAD("h2load", "nghttp2-client"),
  WRK("wrk", "wrk");

  private final String text;
  private final String debian;

  Tool(String text, String debian) {
    this.text = text;
    this.debian = debian;
  }

  /** Its name on the command line. */
  String text() {
    return text;
  }

  /**
   * Fails unless all of them are there.
   *
   * @param path folders to look in, as the variable PATH has them
   * @throws IllegalArgumentException which names all that are missing, and how to get them
   */
  static void require(Collection<Tool> tools, String path) {
    List<Tool> missing = tools.stream().filter(tool -> !tool.isIn(path)).toList();
    Check.that(
        missing.isEmpty(),
        "programs",
        "no " + join(missing.stream().map(tool -> tool.text).toList(), ", "),
        "found on the PATH; Debian, Ubuntu: apt install "
            + join(missing.stream().map(tool -> tool.debian).toList(), " "));
  }

  private static String join(List<String> words, String between) {
    return words.stream().distinct().collect(Collectors.joining(between));
  }

  private boolean isIn(String path) {
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .filter(folder -> !folder.isEmpty())
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, text)));
  }
}
