package dev.varve.table;

import dev.varve.base.Check;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of a row in RocksDB and in the changelog, version 1.
 *
 * <pre>
 * key    big-endian, so that a table's rows stand together
 *   0  uint16   table
 *   2  uint64   category
 *
 * value  little-endian
 *   0  uint8    version = 1
 *   1  uint8    encoding: 0 = float32 weights, one float32 accumulator per weight
 *   2  uint16   dimension d
 *   4  float64  popularity
 *  12  int64    event time of the popularity, ms since 1970-01-01 UTC
 *  20  float32  linear weight
 *  24  float32[d]      coordinates
 *      float32[1 + d]  sums of squared gradients
 * </pre>
 */
public final class RowFormat {
  public static final int KEY_BYTES = 10;

  private static final byte VERSION = 1;
  private static final byte FLOAT32_ADAGRAD = 0;
  private static final int HEADER_BYTES = 20;

  private RowFormat() {}

  public static byte[] key(int table, long category) {
    return ByteBuffer.allocate(KEY_BYTES).putShort((short) table).putLong(category).array();
  }

  /** Bytes of a row's value. */
  public static int valueBytes(int dimension) {
    return HEADER_BYTES + Float.BYTES * Row.stateLength(dimension);
  }

  public static byte[] encode(Row row) {
    float[] state = row.state();
    ByteBuffer value =
        ByteBuffer.allocate(valueBytes(row.dimension())).order(ByteOrder.LITTLE_ENDIAN);
    value.put(VERSION).put(FLOAT32_ADAGRAD).putShort((short) row.dimension());
    value.putDouble(row.popularity()).putLong(row.timeMs());
    value.asFloatBuffer().put(state);
    return value.array();
  }

  public static Row decode(RowKey key, byte[] bytes) {
    ByteBuffer value = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    check(value);
    return new Row(key, value.getDouble(4), value.getLong(12), state(value));
  }

  /** Only the learned state: what a reader needs. */
  public static float[] decodeState(byte[] bytes) {
    ByteBuffer value = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    check(value);
    return state(value);
  }

  private static void check(ByteBuffer value) {
    Check.that(
        value.limit() >= HEADER_BYTES,
        "row bytes",
        value.limit(),
        "at least %d; the store is damaged".formatted(HEADER_BYTES));
    Check.that(
        value.get(0) == VERSION,
        "row format",
        value.get(0),
        "version %d; the store was written by a newer Varve".formatted(VERSION));
    Check.that(value.get(1) == FLOAT32_ADAGRAD, "row encoding", value.get(1), "0");
    int expected = valueBytes(Short.toUnsignedInt(value.getShort(2)));
    Check.that(value.limit() == expected, "row bytes", value.limit(), expected + "");
  }

  private static float[] state(ByteBuffer value) {
    float[] state = new float[Row.stateLength(Short.toUnsignedInt(value.getShort(2)))];
    value.position(HEADER_BYTES).asFloatBuffer().get(state);
    return state;
  }
}
