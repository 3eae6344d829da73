package dev.varve.serve;

import dev.varve.event.Category;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The input {@code ids} while it is read: an id becomes its key at once. */
final class IdsTensor extends InputTensor {
  static final String NAME = "ids";

  private static final int FIRST_CAPACITY = 64;

  private final int maxIds;
  private long[] keys;
  private int n;
  private @Nullable String firstText;
  private int firstTextAt;

  /** An empty tensor. */
  IdsTensor(int maxIds) {
    super("inputs[0]", maxIds, "BYTES or INT64");
    this.maxIds = maxIds;
    this.keys = new long[Math.min(maxIds, FIRST_CAPACITY)];
  }

  /** An id of datatype INT64, or a number among BYTES, which is the same category. */
  @Override
  void add(long id) {
    addKey(Category.key(id));
  }

  @Override
  void add(double value) {
    throw RefusedException.malformed(
        "inputs[0].data[%d]".formatted(n), value, "a string or an integer");
  }

  @Override
  void add(byte[] id) {
    addKey(Category.key(id));
  }

  @Override
  void add(String id) {
    if (firstText == null) {
      firstText = id;
      firstTextAt = n;
    }
    addKey(Category.key(id));
  }

  @Override
  boolean takes(String type) {
    return type.equals(BYTES) || type.equals(INT64);
  }

  @Override
  String datatype() {
    String datatype = super.datatype();
    if (datatype.equals(INT64) && firstText != null) {
      throw RefusedException.malformed(
          "inputs[0].data[%d]".formatted(firstTextAt), firstText, "an integer of 64 bits");
    }
    return datatype;
  }

  /**
   * The keys, once everything is read.
   *
   * @throws RefusedException when the parts are missing or contradict each other
   */
  long[] keys() {
    if (!NAME.equals(name())) {
      throw RefusedException.malformed("inputs[0].name", name(), NAME);
    }
    datatype();
    requireValues(n, "ids");
    return Arrays.copyOf(keys, n);
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
}
