package dev.varve.config;

/** What a component of a configuration record is: a key, or a section with keys of its own. */
sealed interface Member permits Section, Leaf {
  /** Full, such as {@code train} or {@code train.batch-size}. */
  String key();
}
