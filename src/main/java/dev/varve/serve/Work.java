package dev.varve.serve;

/** What a request is for. */
enum Work {
  /** Vectors of a table. */
  LOOKUP,
  /** Probabilities of examples. */
  SCORE
}
