package dev.varve.serve;

/** Receives the inputs of a request, one after the other, whichever transport brings them. */
sealed interface Inputs permits LookupInputs, ScoreInputs {
  /**
   * The next input, to be filled.
   *
   * @throws RefusedException when there are more than the model has
   */
  InputTensor next();

  /** The outputs that the model has, in the order of an answer to a request that names none. */
  OutputSet outputs();
}
