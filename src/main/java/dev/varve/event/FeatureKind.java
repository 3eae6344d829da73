package dev.varve.event;

import java.util.Locale;

/** What the values of a feature are. */
public enum FeatureKind {
  /** Names of categories, one or several: each has a row in the feature's table. */
  CATEGORICAL,
  /** One number. */
  NUMERICAL;

  /** Lower case, as in messages. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
