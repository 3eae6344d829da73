package dev.varve.serve;

import dev.varve.event.Category;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The input {@code ids} while it is read: what it says of itself, and the keys of its ids. Name,
 * datatype, shape and data may come in any order, as they do in JSON; {@link #keys} then says
 * whether they agree.
 *
 * <p><b>Threads:</b> one.
 */
final class IdsTensor {
  static final String NAME = "ids";
  static final String BYTES = "BYTES";
  static final String INT64 = "INT64";

  private static final int FIRST_CAPACITY = 64;
  private static final long UNKNOWN_SIZE = -1;

  private final int maxIds;
  private long[] keys;
  private int n;
  private @Nullable String name;
  private @Nullable String datatype;
  private long size = UNKNOWN_SIZE;
  private @Nullable String firstText;
  private int firstTextAt;

  /** An empty tensor. */
  IdsTensor(int maxIds) {
    this.maxIds = maxIds;
    this.keys = new long[Math.min(maxIds, FIRST_CAPACITY)];
  }

  void name(String text) {
    name = text;
  }

  void datatype(String text) {
    datatype = text;
  }

  /** The shape {@code [size]}. */
  void shape(long size) {
    if (size < 0) {
      throw badShape("[%d]".formatted(size));
    }
    this.size = size;
  }

  /** The refusal of any other shape. */
  static RefusedException badShape(String shape) {
    return RefusedException.malformed("inputs[0].shape", shape, "[n], n ids");
  }

  /** An id of datatype INT64, or a number among BYTES, which is the same category. */
  void add(long id) {
    addKey(Category.key(id));
  }

  /** An id of datatype BYTES. */
  void add(byte[] id) {
    addKey(Category.key(id));
  }

  /** An id of datatype BYTES. */
  void add(String id) {
    if (firstText == null) {
      firstText = id;
      firstTextAt = n;
    }
    addKey(Category.key(id));
  }

  /**
   * The keys, once everything is read.
   *
   * @throws RefusedException when the parts are missing or contradict each other
   */
  long[] keys() {
    checkName();
    checkDatatype();
    if (size() != n) {
      throw RefusedException.malformed(
          "inputs[0]",
          "%d ids of %s".formatted(n, String.valueOf(datatype)),
          "%d by its shape".formatted(size));
    }
    return Arrays.copyOf(keys, n);
  }

  /** Whether the ids are integers; the datatype must be known. */
  boolean isInt64() {
    checkDatatype();
    return INT64.equals(datatype);
  }

  /** The number of ids that the shape announces. */
  int size() {
    if (size == UNKNOWN_SIZE) {
      throw badShape("none");
    }
    if (size > maxIds) {
      throw tooMany(size + " ids");
    }
    return (int) size;
  }

  private void checkName() {
    if (!NAME.equals(name)) {
      throw RefusedException.malformed("inputs[0].name", name == null ? "none" : name, NAME);
    }
  }

  private void checkDatatype() {
    if (!BYTES.equals(datatype) && !INT64.equals(datatype)) {
      throw RefusedException.malformed(
          "inputs[0].datatype", datatype == null ? "none" : datatype, "BYTES or INT64");
    }
    if (INT64.equals(datatype) && firstText != null) {
      throw RefusedException.malformed(
          "inputs[0].data[%d]".formatted(firstTextAt), firstText, "an integer of 64 bits");
    }
  }

  private void addKey(long key) {
    if (n == keys.length) {
      grow();
    }
    keys[n++] = key;
  }

  private void grow() {
    if (n == maxIds) {
      throw tooMany("more ids");
    }
    keys = Arrays.copyOf(keys, (int) Math.min(maxIds, 2L * n));
  }

  private RefusedException tooMany(String value) {
    return RefusedException.tooLarge(
        "inputs[0]", value, "at most %d, serve.max-ids".formatted(maxIds));
  }
}
