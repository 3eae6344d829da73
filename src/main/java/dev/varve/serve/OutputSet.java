package dev.varve.serve;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The outputs of a kind of model.
 *
 * @param all that may be asked for
 * @param usual of them, in the order of an answer to a request that names none
 */
record OutputSet(List<Output> all, List<Output> usual) {
  /** Of tables. */
  static final OutputSet LOOKUP =
      new OutputSet(
          List.of(Output.EMBEDDINGS, Output.STATUS, Output.DIMS, Output.EVENT_TIME_MS),
          List.of(Output.EMBEDDINGS, Output.STATUS));

  /** Of the model that predicts. */
  static final OutputSet SCORE =
      new OutputSet(List.of(Output.PROBABILITY), List.of(Output.PROBABILITY));

  /** The output of this name. */
  Output of(String text) {
    for (Output output : all) {
      if (output.text().equals(text)) {
        return output;
      }
    }
    String names = all.stream().map(Output::text).collect(Collectors.joining(", "));
    throw RefusedException.malformed("outputs", text, "one of " + names);
  }

  /** The outputs asked for, in that order: the usual ones when none is named, and none twice. */
  List<Output> asked(List<Output> named) {
    if (named.size() > named.stream().distinct().count()) {
      throw RefusedException.malformed("outputs", named.size() + " names", "each output once");
    }
    return named.isEmpty() ? usual : List.copyOf(named);
  }
}
