package dev.varve.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The example of a client in Java is a project of its own, which anyone may copy. */
class ExamplesTest {
  private static final Pattern VERSION = Pattern.compile("<([a-z.-]+\\.version)>([^<]+)</");

  @Test
  void theExampleHasTheVersionsOfTheServer() throws IOException {
    Map<String, String> example = versions(Path.of("ops/examples/java/pom.xml"));

    assertThat(example).containsKeys("grpc.version", "protobuf.version");
    assertThat(versions(Path.of("pom.xml"))).containsAllEntriesOf(example);
  }

  private static Map<String, String> versions(Path pom) throws IOException {
    Map<String, String> versions = new TreeMap<>();
    VERSION
        .matcher(Files.readString(pom))
        .results()
        .forEach(it -> versions.put(it.group(1), it.group(2)));
    return versions;
  }
}
