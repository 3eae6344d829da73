package dev.varve.table;

import dev.varve.base.Check;
import dev.varve.kernel.Memory;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of a row in RocksDB and in the changelog.
 *
 * <pre>
 * key    big-endian, so that a table's rows stand together
 *   0  uint16   table
 *   2  uint64   category
 *
 * value  little-endian
 *   0  uint8    version = 2
 *   1  uint8    encoding ({@link RowEncoding#code})
 *   2  uint16   dimension d; 0 for a trace, which has no floats
 *   4  uint40   popularity, packed ({@link PackedPopularity})
 *   9  uint40   its event time, packed
 *  14  float32[]  state: linear weight, coordinates, the optimizer's own
 *
 * version 1, still read
 *   4  float64  popularity
 *  12  int64    event time, ms since 1970-01-01 UTC
 *  20  float32[]  state
 * </pre>
 */
public final class RowFormat {
  public static final int KEY_BYTES = 10;

  private static final byte VERSION = 2;
  private static final byte VERSION_1 = 1;
  private static final int HEADER_BYTES = 14;
  private static final int HEADER_BYTES_1 = 20;
  private static final int POPULARITY = 4;
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle DOUBLES =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

  private RowFormat() {}

  public static byte[] key(int table, long category) {
    return ByteBuffer.allocate(KEY_BYTES).putShort((short) table).putLong(category).array();
  }

  /** The table that a key names. */
  public static int table(byte[] key) {
    return Short.toUnsignedInt(ByteBuffer.wrap(key).getShort());
  }

  /** The category that a key names. */
  public static long category(byte[] key) {
    return ByteBuffer.wrap(key).getLong(Short.BYTES);
  }

  /** Bytes of a row's value. */
  public static int valueBytes(RowEncoding encoding, int dimension) {
    return HEADER_BYTES + Float.BYTES * encoding.rowFloats(dimension);
  }

  /** The value of a row in memory. */
  public static byte[] encode(ResidentRows rows, int slot) {
    long row = rows.slabs().row(slot);
    int dimension = rows.dimension(slot);
    byte[] value = new byte[valueBytes(rows.encoding(), dimension)];
    value[0] = VERSION;
    value[1] = rows.encoding().code();
    SHORTS.set(value, 2, (short) dimension);
    Memory.copy(RowDescriptor.packed(row), value, POPULARITY, RowDescriptor.PACKED_BYTES);
    Memory.copy(RowDescriptor.state(row), value, HEADER_BYTES, value.length - HEADER_BYTES);
    return value;
  }

  /** The value of a row that is not in memory. */
  public static byte[] encode(
      RowEncoding encoding, int dimension, long popularity, long time, float[] state) {
    ByteBuffer value =
        ByteBuffer.allocate(valueBytes(encoding, dimension)).order(ByteOrder.LITTLE_ENDIAN);
    value.put(VERSION).put(encoding.code()).putShort((short) dimension);
    value.putLong(popularity | (time << 40)).putShort((short) (time >>> 24));
    value.asFloatBuffer().put(state, 0, encoding.rowFloats(dimension));
    return value.array();
  }

  // -- what a value says

  /**
   * Checks a value; everything below takes one that was checked.
   *
   * @param encoding the rows' encoding
   * @return its dimension
   */
  public static int check(byte[] value, RowEncoding encoding) {
    Check.that(
        value.length >= HEADER_BYTES,
        "row bytes",
        value.length,
        "at least %d; the store is damaged".formatted(HEADER_BYTES));
    if (value[0] != VERSION && value[0] != VERSION_1) {
      throw new IllegalArgumentException(
          Check.message(
              "row format",
              value[0],
              "version %d; the store was written by a newer Varve".formatted(VERSION)));
    }
    if (value[1] != encoding.code()) {
      throw new IllegalArgumentException(
          Check.message(
              "row encoding", RowEncoding.of(value[1]), "%s, the optimizer's".formatted(encoding)));
    }
    int dimension = Short.toUnsignedInt((short) SHORTS.get(value, 2));
    int expected = headerBytes(value) + Float.BYTES * encoding.rowFloats(dimension);
    if (value.length != expected) {
      throw new IllegalArgumentException(Check.message("row bytes", value.length, expected + ""));
    }
    return dimension;
  }

  private static int headerBytes(byte[] value) {
    return value[0] == VERSION_1 ? HEADER_BYTES_1 : HEADER_BYTES;
  }

  /** Popularity, packed. */
  public static long popularity(byte[] value) {
    return value[0] == VERSION_1
        ? PackedPopularity.packPopularity((double) DOUBLES.get(value, POPULARITY))
        : (long) LONGS.get(value, POPULARITY) & RowDescriptor.LOW_40;
  }

  /** Event time, packed. */
  public static long time(byte[] value) {
    return value[0] == VERSION_1
        ? PackedPopularity.packTime((long) LONGS.get(value, 12))
        : (long) LONGS.get(value, 6) >>> 24;
  }

  /**
   * The vector that the row is served as.
   *
   * @param out receives float32[D] from {@code at} on
   * @return the row's dimension
   */
  public static int vector(byte[] value, RowEncoding encoding, Basis basis, float[] out, int at) {
    int dimension = check(value, encoding);
    float[] coordinates = new float[dimension];
    if (dimension > 0) {
      state(value, 1, coordinates, 0, dimension);
    }
    basis.project(coordinates, 0, dimension, out, at);
    return dimension;
  }

  /** Copies n floats of the state, from the given one on. */
  public static void state(byte[] value, int first, float[] to, int at, int n) {
    ByteBuffer.wrap(value)
        .order(ByteOrder.LITTLE_ENDIAN)
        .position(headerBytes(value) + Float.BYTES * first)
        .asFloatBuffer()
        .get(to, at, n);
  }
}
