package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Bytes;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Numbers in the answers about rebalancing, for people. */
final class Amounts {
  private Amounts() {}

  /** A whole number, with commas. */
  static String count(JsonNode node, String name) {
    return String.format(Locale.ROOT, "%,d", node.path(name).asLong());
  }

  /**
   * What is used of a budget.
   *
   * @param unit as messages name it
   */
  static String used(long amount, String unit) {
    return switch (unit) {
      case "BYTES" -> new Bytes(amount).toHuman();
      case "PARAMETERS" -> String.format(Locale.ROOT, "%,d parameters", amount);
      default -> String.format(Locale.ROOT, "%,d", amount);
    };
  }

  /** The same in a column whose heading says what it is. */
  static String usedInColumn(long amount, String unit) {
    return unit.equals("BYTES")
        ? new Bytes(amount).toHuman()
        : String.format(Locale.ROOT, "%,d", amount);
  }

  /** A popularity, with as many digits as say something. */
  static String popularity(double p) {
    if (p == 0) {
      return "0";
    }
    return String.format(Locale.ROOT, p >= 100 ? "%,.0f" : p >= 1 ? "%.2f" : "%.4f", p);
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** To the second; a dash where there is none. */
  static String time(JsonNode node, String name) {
    long ms = node.path(name).asLong();
    return ms == 0 ? "-" : Instant.ofEpochMilli(ms).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** A time that something takes. */
  static String duration(long ms) {
    long seconds = Math.round(ms / 1_000.0);
    if (ms < 10_000) {
      return String.format(Locale.ROOT, "%.1f s", ms / 1_000.0);
    }
    return seconds < 60 ? seconds + " s" : "%d:%02d min".formatted(seconds / 60, seconds % 60);
  }
}
