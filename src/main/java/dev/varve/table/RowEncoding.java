package dev.varve.table;

import dev.varve.base.Check;
import java.util.Arrays;

/**
 * What a row's floats are: linear weight, d coordinates, then what the optimizer remembers of them.
 *
 * <pre>
 *   FLOAT32_ADAGRAD   float32[2 * (1 + d)]  a sum of squares for the weight and each coordinate
 *   FLOAT32_ROWWISE   float32[3 + d]        one for the weight, one for all coordinates
 *   FLOAT32_PLAIN     float32[1 + d]        nothing
 * </pre>
 */
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

  /** Floats of a state: of a row, or of dense parameters, which may have no coordinates. */
  public int stateLength(int dimension) {
    return 1
        + dimension
        + switch (this) {
          case FLOAT32_ADAGRAD -> 1 + dimension;
          case FLOAT32_ROWWISE -> 2;
          case FLOAT32_PLAIN -> 0;
        };
  }

  /** Floats of a row in a block of this dimension; a trace, of dimension 0, has none. */
  public int rowFloats(int dimension) {
    return dimension == 0 ? 0 : stateLength(dimension);
  }

  // -- between dimensions

  /** Copies what two states have in common: the weight and the coordinates that both have. */
  public void copy(float[] from, int fromDimension, float[] to, int toDimension) {
    copy(from, 0, fromDimension, to, 0, toDimension);
  }

  /** The same for states that begin somewhere in their arrays. */
  public void copy(float[] from, int at, int fromDimension, float[] to, int toAt, int toDimension) {
    int common = Math.min(fromDimension, toDimension);
    if (common == 0) {
      return;
    }
    System.arraycopy(from, at, to, toAt, 1 + common);
    int sums = sums(common);
    System.arraycopy(from, at + 1 + fromDimension, to, toAt + 1 + toDimension, sums);
  }

  /** Floats behind the coordinates that belong to the first {@code common} of them. */
  private int sums(int common) {
    return stateLength(common) - 1 - common;
  }

  /**
   * The part {@code [begin, end)} of a state's coordinates, with what is remembered of them; all of
   * the state where begin is 0.
   */
  public float[] part(float[] state, int dimension, int begin, int end) {
    if (begin == 0) {
      float[] all = new float[rowFloats(end)];
      copy(state, dimension, all, end);
      return all;
    }
    int n = end - begin;
    float[] part = Arrays.copyOf(Arrays.copyOfRange(state, 1 + begin, 1 + end), partLength(n));
    if (this == FLOAT32_ADAGRAD) {
      System.arraycopy(state, 1 + dimension + 1 + begin, part, n, n);
    }
    return part;
  }

  /** Puts a part back into a state that has room for it. */
  public void putPart(float[] part, int begin, int end, float[] state, int dimension) {
    if (begin == 0) {
      copy(part, end, state, dimension);
      return;
    }
    int n = end - begin;
    System.arraycopy(part, 0, state, 1 + begin, n);
    if (this == FLOAT32_ADAGRAD) {
      System.arraycopy(part, n, state, 1 + dimension + 1 + begin, n);
    }
  }

  /** Floats of a part of n coordinates that does not begin with the first. */
  public int partLength(int n) {
    return this == FLOAT32_ADAGRAD ? 2 * n : n;
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
