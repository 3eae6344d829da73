package dev.varve.learn;

import dev.varve.table.RowEncoding;
import java.util.Locale;

/** How steps are computed from gradients; {@link Optimizer} says what each does. */
public enum OptimizerKind {
  SGD(RowEncoding.FLOAT32_PLAIN),
  ROWWISE_ADAGRAD(RowEncoding.FLOAT32_ROWWISE),
  ADAGRAD(RowEncoding.FLOAT32_ADAGRAD);

  private final RowEncoding encoding;

  OptimizerKind(RowEncoding encoding) {
    this.encoding = encoding;
  }

  /** What its states are. */
  public RowEncoding encoding() {
    return encoding;
  }

  /** The kind whose states are these. */
  public static OptimizerKind of(RowEncoding encoding) {
    return switch (encoding) {
      case FLOAT32_PLAIN -> SGD;
      case FLOAT32_ROWWISE -> ROWWISE_ADAGRAD;
      case FLOAT32_ADAGRAD -> ADAGRAD;
    };
  }

  /** As in a configuration. */
  public String text() {
    return name().replace('_', '-').toLowerCase(Locale.ROOT);
  }
}
