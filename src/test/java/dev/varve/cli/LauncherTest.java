package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code ops/varve} in a project of its own, with a JDK and a Maven that only say so. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherTest {
  private static final List<String> TOOLS =
      List.of(
          "bash",
          "env",
          "dirname",
          "readlink",
          "grep",
          "sed",
          "head",
          "find",
          "touch",
          "mkdir",
          "rm",
          "cat",
          "flock");

  @TempDir Path folder;

  private final Map<String, String> environment = new HashMap<>();
  private Path project = Path.of("");
  private Path bin = Path.of("");

  private record Run(int exitCode, String out, String err) {}

  @BeforeEach
  void makeProject() throws IOException {
    project = Files.createDirectories(folder.toRealPath().resolve("my project"));
    for (String source : List.of("src/main", "schemas", "ops")) {
      Files.createDirectories(project.resolve(source));
    }
    Files.writeString(project.resolve("pom.xml"), "");
    Files.copy(Path.of("ops/varve"), project.resolve("ops/varve"));
    makeTools();
    makeJdk(project.resolve("../jdk"), "25.0.1");
    environment.put("VARVE_JAVA_HOME", folder.toRealPath().resolve("jdk").toString());
    environment.put("PATH", bin.toString());
  }

  private void makeTools() throws IOException {
    bin = Files.createDirectory(folder.toRealPath().resolve("bin"));
    for (String tool : TOOLS) {
      Optional<Path> found = find(tool);
      if (found.isPresent()) {
        script(bin.resolve(tool), "exec %s \"$@\"".formatted(found.get()));
      }
    }
    script(
        bin.resolve("mvn"),
        "echo \"$PWD: mvn $*\"; mkdir -p target/lib; echo jar > target/varve.jar");
  }

  private static Optional<Path> find(String tool) {
    return Stream.of("/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin")
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static void makeJdk(Path home, String version) throws IOException {
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"%s\"\n".formatted(version));
    script(home.resolve("bin/java"), "printf '%s\\n' \"$@\"");
    script(home.resolve("bin/javac"), "exit 1");
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + text + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  @Test
  void theFirstUseBuildsAndTheNextOnesDoNot() throws Exception {
    Run first = run(project.resolve("ops/varve"), "status", "--json", "a b");
    Run second = run(project.resolve("ops/varve"), "status");

    assertThat(first.exitCode()).isZero();
    assertThat(first.err())
        .contains("varve: building in " + project)
        .contains(project + ": mvn -q -B -DskipTests package");
    assertThat(first.out().lines())
        .containsExactly(
            "@" + project + "/ops/jvm.flags",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            "%s/target/varve.jar:%s/target/lib/*".formatted(project, project),
            "dev.varve.cli.Main",
            "status",
            "--json",
            "a b");
    assertThat(second.err()).isEmpty();
  }

  @Test
  void aChangedSourceIsBuiltAgain() throws Exception {
    run(project.resolve("ops/varve"), "status");
    Path source = Files.writeString(project.resolve("src/main/A.java"), "");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));

    assertThat(run(project.resolve("ops/varve"), "status").err()).contains("varve: building");
  }

  @Test
  void itWorksThroughASymbolicLinkFromAnotherFolder() throws Exception {
    Path there = Files.createDirectory(folder.resolve("there"));
    Path link =
        Files.createSymbolicLink(there.resolve("varve"), Path.of("../my project/ops/varve"));
    Path linkToLink = Files.createSymbolicLink(folder.resolve("v"), link);

    assertThat(run(linkToLink, "status").out()).contains(project + "/target/varve.jar");
  }

  @ParameterizedTest
  @ValueSource(strings = {"up", "bench", "replay"})
  void whatWorksLongRunsAtFullSpeed(String command) throws Exception {
    assertThat(run(project.resolve("ops/varve"), "--stacktrace", command).out())
        .doesNotContain("-XX");
  }

  @ParameterizedTest
  @ValueSource(strings = {"up", "bench"})
  void onlyWhatComputesWithRowsHasTheVectorApi(String command) throws Exception {
    String flags = "@" + project + "/ops/compute.flags";

    assertThat(run(project.resolve("ops/varve"), command).out().lines()).contains(flags);
    assertThat(run(project.resolve("ops/varve"), "replay", command).out().lines())
        .doesNotContain(flags);
  }

  @Test
  void furtherFlagsArePassedOnAndAnotherCollectorWins() throws Exception {
    environment.put("VARVE_OPTS", "-Xmx1g -XX:+UseZGC");

    assertThat(run(project.resolve("ops/varve"), "status").out().lines())
        .contains("-Xmx1g", "-XX:+UseZGC")
        .doesNotContain("-XX:+UseSerialGC");
  }

  @Test
  void aFailedBuildIsNamedAndLeavesNothingThatLooksBuilt() throws Exception {
    script(bin.resolve("mvn"), "mkdir -p target; echo half > target/varve.jar; exit 3");
    Run run = run(project.resolve("ops/varve"), "status");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("varve: build: failed in " + project);
    assertThat(project.resolve("target/varve.jar")).doesNotExist();
  }

  @Test
  void withoutMavenItSaysWhatToInstall() throws Exception {
    Files.delete(bin.resolve("mvn"));
    Run run = run(project.resolve("ops/varve"), "status");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("varve: mvn: not found (expected: Apache Maven");
  }

  @Test
  void aJdkOfAnotherVersionIsRefused() throws Exception {
    makeJdk(folder.resolve("jdk"), "17.0.15");
    Run run = run(project.resolve("ops/varve"), "status");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            "varve: VARVE_JAVA_HOME: %s (expected: the folder of a JDK 25)\n"
                .formatted(environment.get("VARVE_JAVA_HOME")));
  }

  @Test
  void aJdkOnThePathIsFoundBehindAnOldJavaHome() throws Exception {
    environment.remove("VARVE_JAVA_HOME");
    makeJdk(folder.resolve("old"), "17.0.15");
    environment.put("JAVA_HOME", folder.resolve("old").toString());
    Path jdk = folder.resolve("jdk/bin/java");
    script(jdk, "echo the jdk on the path");
    Files.createSymbolicLink(bin.resolve("java"), jdk);

    assertThat(run(project.resolve("ops/varve"), "status").out())
        .isEqualTo("the jdk on the path\n");
  }

  private Run run(Path launcher, String... args) throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    var command = Stream.concat(Stream.of(launcher.toString()), Stream.of(args)).toList();
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    int exitCode = builder.start().waitFor();
    return new Run(exitCode, text(out), text(err));
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
