package dev.varve.base;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A number of bytes, written {@code 512}, {@code 64KiB}, {@code 256MiB} or {@code 4GiB}.
 *
 * @param count how many
 */
public record Bytes(long count) {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,18})\\s*(|B|KiB|MiB|GiB)");
  private static final String RULE = "a size such as 512, 64KiB, 256MiB or 4GiB";

  public Bytes {
    Check.that(count >= 0, "bytes", count, "at least 0");
  }

  public static Bytes kib(long n) {
    return new Bytes(n << 10);
  }

  public static Bytes mib(long n) {
    return new Bytes(n << 20);
  }

  /**
   * Reads a size.
   *
   * @throws IllegalArgumentException when the text is no size
   */
  public static Bytes parse(String text) {
    var matcher = TEXT.matcher(text.strip());
    Check.that(matcher.matches(), "size", text, RULE);
    int shift =
        switch (matcher.group(2)) {
          case "KiB" -> 10;
          case "MiB" -> 20;
          case "GiB" -> 30;
          default -> 0;
        };
    long number = Long.parseLong(matcher.group(1));
    Check.that(number <= Long.MAX_VALUE >> shift, "size", text, RULE);
    return new Bytes(number << shift);
  }

  /** The largest unit that divides the size. */
  @Override
  public String toString() {
    String[] units = {"GiB", "MiB", "KiB"};
    for (int i = 0; i < units.length; i++) {
      long unit = 1L << (30 - 10 * i);
      if (count >= unit && count % unit == 0) {
        return count / unit + units[i];
      }
    }
    return Long.toString(count);
  }

  /** Two digits behind the point in the largest unit that fits, for people. */
  public String toHuman() {
    if (count < 1 << 10) {
      return count + " B";
    }
    String[] units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = count / 1024.0;
    int unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.2f %s", value, units[unit]);
  }
}
