package dev.varve.serve;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The tensors of an answer for n ids. */
enum Output {
  /** The vectors, {@code FP32[n][D]}. */
  EMBEDDINGS("embeddings", "FP32"),
  /** Where each came from, {@code INT8[n]}: {@link dev.varve.store.LookupStatus#code}. */
  STATUS("status", "INT8");

  /** Every output, in the order of an answer to a request that names none. */
  static final List<Output> ALL = List.of(values());

  private final String text;
  private final String datatype;

  Output(String text, String datatype) {
    this.text = text;
    this.datatype = datatype;
  }

  /** The output of this name. */
  static Output of(String text) {
    for (Output output : ALL) {
      if (output.text.equals(text)) {
        return output;
      }
    }
    throw RefusedException.malformed("outputs", text, "one of " + names());
  }

  /** The outputs asked for, in that order: all when none is named, and none twice. */
  static List<Output> asked(List<Output> named) {
    if (named.size() > named.stream().distinct().count()) {
      throw RefusedException.malformed("outputs", named.size() + " names", "each output once");
    }
    return named.isEmpty() ? ALL : List.copyOf(named);
  }

  String text() {
    return text;
  }

  String datatype() {
    return datatype;
  }

  /** Sizes; n is -1 where any number goes. */
  long[] shape(long n, int dimension) {
    return switch (this) {
      case EMBEDDINGS -> new long[] {n, dimension};
      case STATUS -> new long[] {n};
    };
  }

  private static String names() {
    return Arrays.stream(values()).map(Output::text).collect(Collectors.joining(", "));
  }
}
