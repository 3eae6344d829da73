package dev.varve.base;

import java.time.Duration;
import java.util.regex.Pattern;

/** Durations as text: {@code 100ms}, {@code 5s}, {@code 2m}, {@code 1h}, {@code 7d}. */
public final class Durations {
  /** What {@link #parse} takes. */
  public static final String RULE = "a duration such as 100ms, 5s, 2m, 1h or 7d";

  private static final Pattern TEXT = Pattern.compile("(\\d{1,18})(ms|s|m|h|d)");
  private static final String[] UNITS = {"d", "h", "m", "s"};

  private Durations() {}

  /**
   * Reads a duration.
   *
   * @throws IllegalArgumentException when the text is none
   */
  public static Duration parse(String text) {
    var matcher = TEXT.matcher(text.strip());
    Check.that(matcher.matches(), "duration", text, RULE);
    long number = Long.parseLong(matcher.group(1));
    long unitMs = unitMs(matcher.group(2));
    Check.that(number <= Long.MAX_VALUE / unitMs, "duration", text, RULE);
    return Duration.ofMillis(number * unitMs);
  }

  /** The largest unit that divides the duration; below a millisecond nothing is kept. */
  public static String format(Duration duration) {
    long ms = duration.toMillis();
    for (String unit : UNITS) {
      if (ms != 0 && ms % unitMs(unit) == 0) {
        return ms / unitMs(unit) + unit;
      }
    }
    return ms + "ms";
  }

  private static long unitMs(String unit) {
    return switch (unit) {
      case "ms" -> 1;
      case "s" -> 1_000;
      case "m" -> 60_000;
      case "h" -> 3_600_000;
      default -> 86_400_000;
    };
  }
}
