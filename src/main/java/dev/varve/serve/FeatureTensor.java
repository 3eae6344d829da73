package dev.varve.serve;

import dev.varve.event.Category;
import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The values of one feature in n examples while they are read: categories BYTES or INT64, [n] or
 * [n, k]; numbers FP32, FP64 or INT64, [n].
 */
final class FeatureTensor extends InputTensor {
  private static final byte TEXT = 0;
  private static final byte INTEGER = 1;
  private static final byte NUMBER = 2;
  private static final int FIRST_CAPACITY = 16;

  /** Says that one more value comes; throws when that is too many. */
  @FunctionalInterface
  interface Count {
    void more();
  }

  private final Count count;

  /** By kind: the key of a text, an integer, the bits of a double. */
  private long[] values = {};

  private byte[] kinds = {};
  private int n;

  /**
   * An empty tensor.
   *
   * @param most values that a request may have in all tensors
   * @param count of those
   */
  FeatureTensor(String where, int most, Count count) {
    super(where, most, "BYTES, INT64, FP32 or FP64");
    this.count = count;
  }

  @Override
  void add(long value) {
    add(value, INTEGER);
  }

  @Override
  void add(double value) {
    add(Double.doubleToRawLongBits(value), NUMBER);
  }

  @Override
  void add(String value) {
    add(Category.key(value), TEXT);
  }

  @Override
  void add(byte[] value) {
    add(Category.key(value), TEXT);
  }

  private void add(long value, byte kind) {
    count.more();
    if (n == values.length) {
      values = Arrays.copyOf(values, Math.max(FIRST_CAPACITY, 2 * n));
      kinds = Arrays.copyOf(kinds, values.length);
    }
    values[n] = value;
    kinds[n++] = kind;
  }

  @Override
  boolean takes(String type) {
    return switch (type) {
      case BYTES, INT64, FP32, FP64 -> true;
      default -> false;
    };
  }

  /**
   * The feature that it has the values of; null for one that is not known where features are open.
   *
   * @throws RefusedException when the tensor contradicts itself or the feature
   */
  FeatureSet.@Nullable Known feature(FeatureSet features) {
    String datatype = datatype();
    requireValues(n, "values");
    for (int i = 0; i < n; i++) {
      requireKind(datatype, i);
    }
    FeatureSet.Known known = features.find(name());
    if (known == null && features.isClosed()) {
      throw RefusedException.malformed(
          where() + ".name", name(), "a declared feature, since features.closed is true");
    }
    if (known != null) {
      requireOf(known, datatype);
    }
    return known;
  }

  /** The category at a place. */
  long key(int i) {
    return kinds[i] == INTEGER ? Category.key(values[i]) : values[i];
  }

  /** The number at a place; NaN for none. */
  double number(int i) {
    double value = kinds[i] == INTEGER ? values[i] : Double.longBitsToDouble(values[i]);
    return datatype().equals(FP32) ? (float) value : value;
  }

  private void requireKind(String datatype, int i) {
    byte kind = kinds[i];
    switch (datatype) {
      case BYTES -> requireValue(kind != NUMBER, i, "a string or an integer");
      case INT64 -> requireValue(kind == INTEGER, i, "an integer of 64 bits");
      default -> {
        requireValue(kind != TEXT, i, "a number");
        requireValue(!Double.isInfinite(number(i)), i, "a finite number, or NaN for none");
      }
    }
  }

  private void requireValue(boolean holds, int i, String rule) {
    if (!holds) {
      String shown =
          switch (kinds[i]) {
            case TEXT -> "a string";
            case INTEGER -> Long.toString(values[i]);
            default -> Double.toString(number(i));
          };
      throw RefusedException.malformed("%s.data[%d]".formatted(where(), i), shown, rule);
    }
  }

  private void requireOf(FeatureSet.Known known, String datatype) {
    boolean isCategorical = known.kind() == FeatureKind.CATEGORICAL;
    boolean isNumber = datatype.equals(FP32) || datatype.equals(FP64);
    if (isCategorical ? isNumber : datatype.equals(BYTES)) {
      throw RefusedException.malformed(
          where() + ".datatype",
          datatype,
          "%s: %s is %s"
              .formatted(
                  isCategorical ? "BYTES or INT64" : "FP32, FP64 or INT64",
                  known.name(),
                  known.kind().text()));
    }
    if (!isCategorical && isTable()) {
      throw RefusedException.malformed(
          where() + ".shape",
          Arrays.toString(shape()),
          "[n]: %s is numerical".formatted(known.name()));
    }
  }
}
