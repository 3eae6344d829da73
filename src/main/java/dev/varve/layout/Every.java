package dev.varve.layout;

import dev.varve.base.Check;
import dev.varve.base.Durations;
import dev.varve.base.TextForm;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How often something is done, written {@code 10000 examples}, {@code 5m event time} or {@code 30s
 * wall time}.
 *
 * @param amount examples, or milliseconds
 * @param clock what counts them
 */
@TextForm(Every.RULE)
public record Every(long amount, Clock clock) {
  /** What {@link #parse} takes. */
  public static final String RULE = "such as 10000 examples, 5m event time or 30s wall time";

  private static final Pattern EXAMPLES = Pattern.compile("(\\d{1,18})\\s*examples");
  private static final Pattern TIME = Pattern.compile("(\\S+)\\s+(event|wall) time");

  /** What an interval is counted in. */
  public enum Clock {
    /** Examples learned. */
    EXAMPLES,
    /** The watermark of events. */
    EVENT_TIME,
    /** Timestamps of the records that carry censuses. */
    WALL_TIME
  }

  public Every {
    Check.that(amount > 0, "every", amount, "above 0");
  }

  /**
   * Reads an interval.
   *
   * @throws IllegalArgumentException when the text is none
   */
  public static Every parse(String text) {
    String stripped = text.strip();
    var examples = EXAMPLES.matcher(stripped);
    if (examples.matches()) {
      return new Every(Long.parseLong(examples.group(1)), Clock.EXAMPLES);
    }
    var time = TIME.matcher(stripped);
    Check.that(time.matches(), "interval", text, RULE);
    long ms = Durations.parse(time.group(1)).toMillis();
    return new Every(ms, time.group(2).equals("event") ? Clock.EVENT_TIME : Clock.WALL_TIME);
  }

  @Override
  public String toString() {
    return switch (clock) {
      case EXAMPLES -> amount + " examples";
      case EVENT_TIME -> Durations.format(Duration.ofMillis(amount)) + " event time";
      case WALL_TIME -> Durations.format(Duration.ofMillis(amount)) + " wall time";
    };
  }
}
