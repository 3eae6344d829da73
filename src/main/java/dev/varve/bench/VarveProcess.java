package dev.varve.bench;

import dev.varve.broker.EmbeddedBroker;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * {@code varve up} in a process of its own, with this process's Java, flags and classes.
 *
 * <p><b>Threads:</b> one.
 */
final class VarveProcess implements AutoCloseable {
  private static final String MAIN = "dev.varve.cli.Main";
  private static final String READY = "varve is ready";
  private static final long POLL_MS = 10;
  private static final int TAIL_LINES = 20;

  /** A restore of ten million rows takes half a minute. */
  private static final Duration LONGEST_START = Duration.ofMinutes(10);

  private final Path folder;
  private final int kafkaPort;
  private final int httpPort;
  private final int grpcPort;
  private @Nullable Process process;

  /**
   * @param folder for its data and what it prints
   */
  VarveProcess(Path folder, int kafkaPort) throws IOException {
    this.folder = folder;
    this.kafkaPort = kafkaPort;
    this.httpPort = EmbeddedBroker.freePort();
    this.grpcPort = EmbeddedBroker.freePort();
    Files.createDirectories(folder);
  }

  /** Starts it, on what the one before left. */
  void start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN, "up"));
    command.addAll(List.of("--data", folder.resolve("data").toString()));
    command.addAll(List.of("--http-port", httpPort + "", "--grpc-port", grpcPort + ""));
    command.addAll(List.of("--set", "kafka.port=" + kafkaPort));
    process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
  }

  private Path log() {
    return folder.resolve("log.txt");
  }

  private Process process() {
    Process started = process;
    if (started == null) {
      throw new IllegalStateException("varve up: not started");
    }
    return started;
  }

  /** Waits until its port takes connections. */
  void awaitLive() throws IOException, InterruptedException {
    while (true) {
      try (var _ = new Socket(InetAddress.getLoopbackAddress(), httpPort)) {
        return;
      } catch (IOException e) {
        requireAlive();
        TimeUnit.MILLISECONDS.sleep(POLL_MS);
      }
    }
  }

  /** Waits until it says that it is ready; fails when it ends before, or never gets there. */
  void awaitReady() throws IOException, InterruptedException {
    var said = new FutureTask<>(this::saysReady);
    Thread.ofVirtual().start(said);
    try {
      if (!said.get(LONGEST_START.toMillis(), TimeUnit.MILLISECONDS)) {
        throw failed("ended");
      }
    } catch (TimeoutException e) {
      throw failed("not ready in %d minutes".formatted(LONGEST_START.toMinutes()));
    } catch (ExecutionException e) {
      throw new IOException("varve up: its output cannot be read", e.getCause());
    }
  }

  /** Whether it has said so before its output ended. */
  private boolean saysReady() throws IOException {
    BufferedReader lines = process().inputReader(StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith(READY)) {
        return true;
      }
    }
    return false;
  }

  private void requireAlive() throws IOException {
    if (!process().isAlive()) {
      throw failed("ended");
    }
  }

  private IllegalStateException failed(String how) throws IOException {
    List<String> lines = Files.readAllLines(log());
    return new IllegalStateException(
        "varve up: %s (expected: ready)\n".formatted(how)
            + String.join(
                "\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size())));
  }

  /** Kills it as {@code kill -9} does. */
  void kill() throws InterruptedException {
    process().destroyForcibly().waitFor();
  }

  /** Makes sure that it is gone. */
  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly().onExit().join();
    }
  }
}
