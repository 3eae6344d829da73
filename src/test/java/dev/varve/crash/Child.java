package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own that can be killed at any moment. What it prints goes to a file, and its {@link
 * Marker}s can be waited for.
 */
final class Child implements AutoCloseable {
  private static final long LONGEST_WAIT_MS = 120_000;
  private static final long POLL_MS = 10;
  private static final int KILLED = 128 + 9;
  private static final int TAIL_LINES = 40;

  private final Process process;
  private final Path output;
  private final Thread reader;
  private final long startedNs = System.nanoTime();
  private final List<Marker> markers = new ArrayList<>();

  /** Set by the reader when nothing more comes. */
  private boolean ended;

  /**
   * @param output file for what it prints
   */
  Child(Process process, Path output) {
    this.process = process;
    this.output = output;
    this.reader = Thread.ofPlatform().daemon().name("read " + output).start(this::read);
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        BufferedWriter file = Files.newBufferedWriter(output)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        note(line);
        file.write("%5d ms ".formatted(startedAgoMs()) + line);
        file.newLine();
        file.flush();
      }
    } catch (IOException e) {
      note(e.toString());
    } finally {
      end();
    }
  }

  private long startedAgoMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNs);
  }

  private synchronized void note(String line) {
    for (Marker marker : Marker.values()) {
      if (marker.in(line)) {
        markers.add(marker);
        notifyAll();
      }
    }
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** What it said so far. */
  synchronized List<Marker> markers() {
    return List.copyOf(markers);
  }

  /** How often it said so. */
  synchronized int said(Marker marker) {
    return Collections.frequency(markers, marker);
  }

  /** Waits until it has said so as often as that. */
  void await(Marker marker, int times) throws InterruptedException {
    await(marker, times, () -> {});
  }

  /**
   * The same, doing something meanwhile.
   *
   * @param meanwhile called every 10 ms
   */
  void await(Marker marker, int times, Runnable meanwhile) throws InterruptedException {
    long deadline = startedAgoMs() + LONGEST_WAIT_MS;
    while (!said(marker, times, POLL_MS)) {
      assertThat(startedAgoMs())
          .as(() -> "waiting for %s (%d):%n%s".formatted(marker, times, tail()))
          .isLessThan(deadline);
      meanwhile.run();
    }
  }

  private synchronized boolean said(Marker marker, int times, long longestMs)
      throws InterruptedException {
    long deadline = startedAgoMs() + longestMs;
    for (long leftMs = longestMs; said(marker) < times; leftMs = deadline - startedAgoMs()) {
      assertThat(ended)
          .as(() -> "ended before %s (%d):%n%s".formatted(marker, times, tail()))
          .isFalse();
      if (leftMs <= 0) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }

  /** Kills it as {@code kill -9} does; it must have been alive until then. */
  void kill() throws InterruptedException {
    // Through the handle: the process itself would close the pipe, with what is still in it.
    process.toHandle().destroyForcibly();
    assertThat(exitCode())
        .as(() -> "exit code, alive until it was killed:%n%s".formatted(tail()))
        .isEqualTo(KILLED);
  }

  /** Stops it as {@code kill} does, and waits until it has stopped cleanly. */
  void stop() throws InterruptedException {
    process.toHandle().destroy();
    int code = exitCode();
    assertThat(said(Marker.STOPPED))
        .as(() -> "stopped cleanly, exit code %d:%n%s".formatted(code, tail()))
        .isEqualTo(1);
  }

  private int exitCode() throws InterruptedException {
    assertThat(process.waitFor(LONGEST_WAIT_MS, TimeUnit.MILLISECONDS))
        .as(() -> "ended:%n%s".formatted(tail()))
        .isTrue();
    reader.join();
    return process.exitValue();
  }

  private String tail() {
    try {
      List<String> lines = Files.readAllLines(output);
      int from = Math.max(0, lines.size() - TAIL_LINES);
      return output + ":\n" + String.join("\n", lines.subList(from, lines.size()));
    } catch (IOException e) {
      return output + ": " + e;
    }
  }

  /** Makes sure that it is gone, in whatever state it was. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
