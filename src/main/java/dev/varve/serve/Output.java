package dev.varve.serve;

import java.util.Locale;

/** A tensor that an answer may hold. */
enum Output {
  /** The vectors, FP32 or FP16. */
  EMBEDDINGS,
  /** Where each came from, INT8: {@link dev.varve.store.LookupStatus#code}. */
  STATUS,
  /** Dimension of the row that each came from, INT32; 0 where there is none. */
  DIMS,
  /** Event time of the last update of that row, INT64, milliseconds; 0 where there is none. */
  EVENT_TIME_MS,
  /** That an example is clicked, FP32. */
  PROBABILITY;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** Its name in the protocol. */
  String text() {
    return text;
  }
}
