package dev.varve.serve;

import dev.varve.event.Category;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request that mean something here, while they are read and behind that. Others
 * are left alone: clients send some of their own.
 *
 * <p><b>Threads:</b> one.
 */
final class RequestParameters {
  private static final String MAX_STALENESS = "max_staleness_ms";
  private static final String POOLING = "pooling";
  private static final String PAD = "pad";
  private static final String DATATYPE = "embeddings_datatype";

  /** What {@link #takes} takes, as clients are told. */
  static final String NAMES = String.join(", ", DATATYPE, MAX_STALENESS, PAD, POOLING);

  private @Nullable Long maxStalenessMs;
  private @Nullable Pooling pooling;
  private Datatype datatype = Datatype.FP32;

  /** No example has an empty id. */
  private long pad = Category.key("");

  /** Whether a parameter of this name means something here. */
  static boolean takes(String name) {
    return switch (name) {
      case MAX_STALENESS, POOLING, PAD, DATATYPE -> true;
      default -> false;
    };
  }

  /**
   * Takes a parameter whose value is an integer.
   *
   * @throws RefusedException when the parameter takes others
   */
  void set(String name, long value) {
    if (name.equals(MAX_STALENESS) && value >= 0) {
      maxStalenessMs = value;
    } else if (name.equals(PAD)) {
      pad = Category.key(value);
    } else {
      throw refused(name, value);
    }
  }

  /**
   * Takes a parameter whose value is a text.
   *
   * @throws RefusedException when the parameter takes others
   */
  void set(String name, String value) {
    switch (name) {
      case PAD -> pad = Category.key(value);
      case POOLING ->
          pooling =
              switch (value) {
                case "sum" -> Pooling.SUM;
                case "mean" -> Pooling.MEAN;
                default -> throw refused(name, value);
              };
      case DATATYPE ->
          datatype =
              switch (value) {
                case "FP32" -> Datatype.FP32;
                case "FP16" -> Datatype.FP16;
                default -> throw refused(name, value);
              };
      default -> throw refused(name, value);
    }
  }

  /** The refusal of a value that a parameter does not take. */
  static RefusedException refused(String name, Object value) {
    String rule =
        switch (name) {
          case MAX_STALENESS -> "milliseconds, an integer of 0 or more";
          case POOLING -> "sum or mean";
          case PAD -> "an id, a text or an integer";
          default -> "FP32 or FP16";
        };
    return RefusedException.malformed("parameters." + name, value, rule);
  }

  /** How far behind a copy may be that is read; null for as the server is configured. */
  @Nullable Long maxStalenessMs() {
    return maxStalenessMs;
  }

  /** How the ids of a row are pooled; null where they are not. */
  @Nullable Pooling pooling() {
    return pooling;
  }

  /** Key of the id that is padding. */
  long pad() {
    return pad;
  }

  /** Of the embeddings. */
  Datatype datatype() {
    return datatype;
  }
}
