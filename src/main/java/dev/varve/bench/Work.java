package dev.varve.bench;

/** What is measured: the same again and again, on other rows each time. */
@FunctionalInterface
interface Work {
  /** Does a batch, and gives how many rows it had. */
  int run();

  /** Tidies up, outside of what is measured. */
  default void betweenRounds() {}
}
