package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A real {@code varve up} in a JVM of its own, on free ports, that can be killed. */
final class VarveProcess implements AutoCloseable {
  private static final Pattern READY =
      Pattern.compile("varve is ready: (https?://\\S+) (grpcs?://\\S+) kafka://(\\S+) data .*");
  private static final int LONGEST_START_SECONDS = 120;

  private final Process process;
  private final Path output;
  private final String http;
  private final String bootstrap;
  private final List<String> credentials;

  private VarveProcess(Process process, Path output, Matcher ready, List<String> credentials) {
    this.process = process;
    this.output = output;
    this.credentials = credentials;
    this.http = ready.group(1);
    this.bootstrap = ready.group(3);
  }

  /**
   * Where one Varve lives over several starts: its folder, and ports that stay the same.
   *
   * @param jvm further flags of its JVM
   * @param credentials options of commands that ask it
   */
  record Home(
      Path folder, int httpPort, int kafkaPort, List<String> jvm, List<String> credentials) {
    Home(Path folder, int httpPort, int kafkaPort) {
      this(folder, httpPort, kafkaPort, List.of(), List.of());
    }

    static Home in(Path folder) throws IOException {
      return new Home(folder, freePort(), freePort());
    }
  }

  /** Starts and waits for the line that says it is ready. */
  static VarveProcess up(Home home, String... more) throws IOException, InterruptedException {
    Path output = Files.createTempFile(home.folder, "up", ".log");
    Process process = start(home, output, more);
    for (int i = 0; i < 10 * LONGEST_START_SECONDS && process.isAlive(); i++) {
      Matcher ready = READY.matcher("");
      for (String line : Files.readAllLines(output)) {
        if (ready.reset(line).matches()) {
          return new VarveProcess(process, output, ready, home.credentials);
        }
      }
      process.waitFor(100, TimeUnit.MILLISECONDS);
    }
    process.destroyForcibly();
    throw new AssertionError("not ready:\n" + Files.readString(output));
  }

  /** Starts without waiting; everything it prints goes to a file. */
  static Process start(Home home, Path output, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("@ops/jvm.flags", "@ops/compute.flags", "-Xmx1g"));
    command.addAll(home.jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("up", "--data", home.folder.resolve("data").toString()));
    command.addAll(List.of("--http-port", Integer.toString(home.httpPort), "--grpc-port", "0"));
    command.addAll(List.of("--set", "kafka.port=" + home.kafkaPort));
    command.addAll(List.of(more));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  /** The {@code --server} of commands. */
  String http() {
    return http;
  }

  String bootstrap() {
    return bootstrap;
  }

  String output() throws IOException {
    return Files.readString(output);
  }

  /** What {@code varve status --json} says. */
  JsonNode status() throws IOException {
    List<String> command = new ArrayList<>(List.of("status", "--json", "--server", http));
    command.addAll(credentials);
    CommandRun run = CommandRun.of(command.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return Json.MAPPER.readTree(run.out());
  }

  /** Waits until so many examples have been learned, for a minute at most. */
  void awaitExamples(long examples) throws IOException, InterruptedException {
    for (int i = 0; i < 600 && status().path("examples").asLong() < examples; i++) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    assertThat(status().path("examples").asLong()).isGreaterThanOrEqualTo(examples);
  }

  /** As {@code kill -9} does. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** As {@code kill -STOP} and {@code kill -CONT} do. */
  void signal(String name) throws IOException, InterruptedException {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()));
    assertThat(kill.inheritIO().start().waitFor()).isZero();
  }

  /** As {@code kill} does; returns whether it stopped within ten seconds. */
  boolean stop() throws InterruptedException {
    process.destroy();
    return process.waitFor(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    kill();
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
