package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolTest {
  @TempDir private Path folder;

  @Test
  void allThatAreMissingAreNamedAtOnceWithTheirPackages() throws IOException {
    install("wrk");
    Files.createFile(folder.resolve("h2load"));

    assertThatThrownBy(() -> Tool.require(List.of(Tool.values()), "/nowhere:" + folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "programs: no redis-server, redis-benchmark, h2load (expected: found on the PATH;"
                + " Debian, Ubuntu: apt install redis-server redis-tools nghttp2-client)");
  }

  @Test
  void whatIsOnThePathIsFound() throws IOException {
    for (Tool tool : Tool.values()) {
      install(tool.text());
    }

    Tool.require(List.of(Tool.values()), folder.toString());
  }

  private void install(String name) throws IOException {
    Path file = Files.createFile(folder.resolve(name));
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
