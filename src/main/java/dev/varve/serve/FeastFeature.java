package dev.varve.serve;

import dev.varve.store.LookupStatus;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The features that a table has as a feature view of Feast. */
enum FeastFeature {
  /** The vector, a list of D floats. */
  EMBEDDING,
  /** Where it came from, a text: {@link LookupStatus#text}. */
  STATUS;

  /** The feature of this name. */
  static FeastFeature of(String reference, String name) {
    for (FeastFeature feature : values()) {
      if (feature.text().equals(name)) {
        return feature;
      }
    }
    throw RefusedException.notFound("features", reference, "TABLE:FEATURE, " + names());
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What there is, for messages. */
  static String names() {
    return Arrays.stream(values()).map(FeastFeature::text).collect(Collectors.joining(" or "));
  }
}
