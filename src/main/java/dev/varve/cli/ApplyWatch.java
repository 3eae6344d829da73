package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Check;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import picocli.CommandLine.ExitCode;

/** Waits until every row follows a layout, and shows how far they are. */
final class ApplyWatch {
  static final String APPLYING = "APPLYING";

  private static final Duration POLL = Duration.ofMillis(250);

  /** So long a server that starts anew is waited for. */
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(1);

  private final ServerClient client;
  private final String path;
  private final ProgressLine progress;

  /**
   * @param path of the status
   */
  ApplyWatch(ServerClient client, String path, ProgressLine progress) {
    this.client = client;
    this.path = path;
    this.progress = progress;
  }

  /**
   * Waits until the rows follow the layout, or another that came behind it.
   *
   * @param undone the phase in which the change is undone; so it is when it is cancelled
   * @return what has happened, in a sentence
   * @throws CommandException when it was undone meanwhile, or the server is away
   */
  String await(long version, String undone) {
    long beganNs = System.nanoTime();
    while (true) {
      JsonNode status = status();
      String phase = status.path("phase").asText();
      if (phase.equals("CANCELLED") || phase.equals(undone)) {
        throw new CommandException(
            Check.message("layout " + version, phase, "SETTLED; somebody has undone it"));
      }
      boolean isThere = status.path("layout_version").asLong() >= version;
      if (isThere && !phase.equals(APPLYING)) {
        return "layout %s: every row follows it, %s moved in %s"
            .formatted(
                status.path("layout_version").asText(),
                Amounts.count(status, "moves"),
                Amounts.duration((System.nanoTime() - beganNs) / 1_000_000));
      }
      show(status);
      sleep();
    }
  }

  private void show(JsonNode status) {
    long leftMs = status.path("remaining_ms").asLong();
    progress.show(
        "moved",
        status.path("moves").asLong(),
        OptionalDouble.of(status.path("progress").asDouble()),
        leftMs > 0 ? OptionalLong.of(leftMs) : OptionalLong.empty());
  }

  private JsonNode status() {
    long beganNs = System.nanoTime();
    while (true) {
      try {
        return client.ask(path);
      } catch (CommandException e) {
        boolean isRefusal = e.exitCode() == ExitCode.USAGE;
        if (isRefusal || System.nanoTime() - beganNs > LONGEST_SILENCE.toNanos()) {
          throw e;
        }
      }
      sleep();
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted; the rows go on moving: varve rebalance status", e);
    }
  }
}
