package dev.varve.event;

/** What the values of a feature are. */
public enum FeatureKind {
  /** Names of categories, one or several: each has a row in the feature's table. */
  CATEGORICAL,
  /** One number. */
  NUMERICAL
}
