package dev.varve.store;

import java.util.Locale;

/** Where a looked-up vector came from. The code is the wire value (INT8). */
public enum LookupStatus {
  /** Nothing is known of the category: the vector is all zeros, which adds nothing to any score. */
  UNKNOWN(0),
  /** The category's own row. */
  ROW(1),
  /** Rows that it shares with others, having none of its own. */
  TAIL(2);

  private final byte code;

  LookupStatus(int code) {
    this.code = (byte) code;
  }

  public byte code() {
    return code;
  }

  public static LookupStatus of(byte code) {
    return values()[code];
  }

  /** Lower case, as in JSON. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
