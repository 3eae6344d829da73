package dev.varve.cli;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Which sources this Varve was built from, for figures that others should be able to repeat. */
final class SourceVersion {
  private static final int LONGEST_SECONDS = 5;

  private SourceVersion() {}

  /** What git says of the sources that the jar lies in; without git, the jar's version. */
  static String text() {
    Path home = home();
    String described = home == null ? "" : describe(home);
    return described.isEmpty() ? Main.version() : "%s %s".formatted(Main.version(), described);
  }

  private static @Nullable Path home() {
    CodeSource source = SourceVersion.class.getProtectionDomain().getCodeSource();
    try {
      return source == null ? null : Path.of(source.getLocation().toURI()).getParent();
    } catch (URISyntaxException e) {
      return null;
    }
  }

  private static String describe(Path in) {
    try {
      Process git =
          new ProcessBuilder("git", "describe", "--always", "--dirty", "--tags")
              .directory(in.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (var output = git.getInputStream()) {
        String text = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
        return git.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS) && git.exitValue() == 0 ? text : "";
      }
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
