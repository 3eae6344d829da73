package dev.varve.event;

import java.util.Locale;

/** What the values of a feature are. */
public enum FeatureKind {
  /** Ids; each has a row in the feature's table. */
  CATEGORICAL,
  /** A number; its weight and vector are part of the dense model. */
  NUMERICAL;

  /** Lower case, as in messages. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
