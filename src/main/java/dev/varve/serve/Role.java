package dev.varve.serve;

import java.util.Locale;

/** What the owner of a token may do; each may do what those before it may. */
public enum Role {
  /** Look vectors up, and see metadata, status and metrics. */
  READER,
  /** Everything: also send commands. */
  OPERATOR;

  boolean may(Role needed) {
    return compareTo(needed) >= 0;
  }

  /** Lower case, as in the file of tokens. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
