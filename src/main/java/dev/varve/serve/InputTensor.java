package dev.varve.serve;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An input while it is read: what it says of itself, and its values. Name, datatype, shape and data
 * may come in any order, as they do in JSON; when all were read, a subclass says whether they
 * agree.
 *
 * <p><b>Shape:</b> [n] or [n, k].
 *
 * <p><b>Threads:</b> one.
 */
abstract sealed class InputTensor permits IdsTensor, FeatureTensor {
  static final String BYTES = "BYTES";
  static final String INT64 = "INT64";
  static final String FP32 = "FP32";
  static final String FP64 = "FP64";

  static final String SHAPE_RULE = "[n] or [n, k], sizes of 0 or more";
  private static final int MOST_SIZES = 2;

  private final String where;
  private final int most;
  private final String datatypes;
  private @Nullable String name;
  private @Nullable String datatype;
  private final long[] sizes = new long[MOST_SIZES];
  private int rank;

  /**
   * An empty tensor.
   *
   * @param where names it in refusals
   * @param most values that it may have
   * @param datatypes that it may have, as refusals name them
   */
  InputTensor(String where, int most, String datatypes) {
    this.where = where;
    this.most = most;
    this.datatypes = datatypes;
  }

  final void name(String text) {
    name = text;
  }

  final void datatype(String text) {
    datatype = text;
  }

  /** Takes the next size of the shape. */
  final void size(long size) {
    if (rank == MOST_SIZES) {
      throw badShape("more than two sizes");
    }
    sizes[rank++] = size;
    if (size < 0) {
      throw badShape(sizes());
    }
  }

  /** Takes an integer. */
  abstract void add(long value);

  /** Takes a number that is no integer. */
  abstract void add(double value);

  /** Takes a text. */
  abstract void add(String value);

  /** Takes a text in UTF-8. */
  abstract void add(byte[] value);

  /** Whether it may be of a datatype. */
  abstract boolean takes(String type);

  /** Names it in refusals. */
  final String where() {
    return where;
  }

  final String name() {
    return name == null ? "none" : name;
  }

  /**
   * Its datatype.
   *
   * @throws RefusedException when there is none yet, or another than it may have
   */
  String datatype() {
    if (datatype == null || !takes(datatype)) {
      throw RefusedException.malformed(
          where + ".datatype", datatype == null ? "none" : datatype, datatypes);
    }
    return datatype;
  }

  /** The first size, n. */
  final int rows() {
    return (int) sizes[0];
  }

  /** Values of each row: k, or 1 where the shape is [n]. */
  final int columns() {
    return rank == MOST_SIZES ? (int) sizes[1] : 1;
  }

  /** Whether the shape is [n, k]. */
  final boolean isTable() {
    return rank == MOST_SIZES;
  }

  final long[] shape() {
    return Arrays.copyOf(sizes, rank);
  }

  /**
   * Checks the shape against what came.
   *
   * @param count of values that were taken
   */
  final void requireValues(int count, String what) {
    if (rank == 0) {
      throw badShape("none");
    }
    // Each size alone first: their product cannot overflow then, and of [n, 0] n is bounded too.
    if (sizes[0] > most || columnsAsked() > most || sizes[0] * columnsAsked() > most) {
      throw tooMany(isTable() ? sizes() + " " + what : sizes[0] + " " + what);
    }
    long expected = sizes[0] * columnsAsked();
    if (expected != count) {
      throw RefusedException.malformed(
          where,
          "%d %s of %s".formatted(count, what, String.valueOf(datatype)),
          "%d by its shape".formatted(expected));
    }
  }

  /** The refusal of more values than a request may bring. */
  final RefusedException tooMany(String value) {
    return RefusedException.tooLarge(where, value, "at most %d, serve.max-ids".formatted(most));
  }

  /** The refusal of a shape. */
  private RefusedException badShape(String shape) {
    return RefusedException.malformed(where + ".shape", shape, SHAPE_RULE);
  }

  private String sizes() {
    return Arrays.toString(shape());
  }

  private long columnsAsked() {
    return rank == MOST_SIZES ? sizes[1] : 1;
  }
}
