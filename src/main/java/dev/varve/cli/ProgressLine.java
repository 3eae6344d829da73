package dev.varve.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A line on the terminal that says how far a long command is. Silent where there is no terminal.
 *
 * <p><b>Threads:</b> one.
 */
final class ProgressLine implements AutoCloseable {
  private static final Duration EVERY = Duration.ofMillis(200);
  private static final int BAR_CHARS = 30;
  private static final String CLEAR = "\r\033[K";

  private final PrintWriter err;
  private final boolean terminal;
  private final long begunNs = System.nanoTime();
  private long shownNs = begunNs - EVERY.toNanos();

  ProgressLine(PrintWriter err) {
    this.err = err;
    this.terminal = Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  /**
   * Shows the progress, unless it was shown a moment ago.
   *
   * @param verb what is being done
   * @param done how many
   * @param share of the whole, 0 to 1, where it is known
   */
  void show(String verb, long done, OptionalDouble share) {
    show(verb, done, share, OptionalLong.empty());
  }

  /**
   * The same, with the time left.
   *
   * @param leftMs where somebody knows better than from how fast it went so far
   */
  void show(String verb, long done, OptionalDouble share, OptionalLong leftMs) {
    long now = System.nanoTime();
    if (!terminal || now - shownNs < EVERY.toNanos()) {
      return;
    }
    shownNs = now;
    double seconds = (now - begunNs) / 1e9;
    err.print(CLEAR + line(verb, done, share, seconds, leftMs));
    err.flush();
  }

  /** Shows what is being done, at once. */
  void show(String what) {
    if (terminal) {
      err.print(CLEAR + what);
      err.flush();
    }
  }

  static String line(
      String verb, long done, OptionalDouble share, double seconds, OptionalLong leftMs) {
    String text =
        String.format(Locale.ROOT, "%s %,d (%,.0f/s)", verb, done, done / Math.max(seconds, 1e-3));
    if (share.isEmpty() || share.getAsDouble() <= 0) {
      return text;
    }
    double part = Math.min(1, share.getAsDouble());
    int filled = (int) (part * BAR_CHARS);
    return String.format(
        Locale.ROOT,
        "[%s%s] %3.0f %% %s, %s left",
        "#".repeat(filled),
        ".".repeat(BAR_CHARS - filled),
        100 * part,
        text,
        left(leftMs.isPresent() ? leftMs.getAsLong() / 1e3 : seconds * (1 - part) / part));
  }

  private static String left(double seconds) {
    long whole = Math.round(seconds);
    return whole < 60 ? whole + " s" : "%d:%02d min".formatted(whole / 60, whole % 60);
  }

  @Override
  public void close() {
    if (terminal) {
      err.print(CLEAR);
      err.flush();
    }
  }
}
