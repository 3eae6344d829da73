package dev.varve.table;

import dev.varve.base.Check;

/** What a row's floats are. */
public enum RowEncoding {
  FLOAT32_ADAGRAD(0),
  FLOAT32_ROWWISE(1),
  FLOAT32_PLAIN(2);

  private final byte code;

  RowEncoding(int code) {
    this.code = (byte) code;
  }

  public byte code() {
    return code;
  }

  /** Floats of a row's state. */
  public int stateLength(int dimension) {
    return 1
        + dimension
        + switch (this) {
          case FLOAT32_ADAGRAD -> 1 + dimension;
          case FLOAT32_ROWWISE -> 2;
          case FLOAT32_PLAIN -> 0;
        };
  }

  public static RowEncoding of(byte code) {
    for (RowEncoding encoding : values()) {
      if (encoding.code == code) {
        return encoding;
      }
    }
    throw new IllegalArgumentException(Check.message("row encoding", code, "from 0 to 2"));
  }
}
