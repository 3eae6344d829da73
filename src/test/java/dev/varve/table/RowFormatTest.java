package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowFormatTest {
  private static final int WIDEST = 128;
  private static final long LARGEST = (1L << 40) - 1;
  private static final RowEncoding ENCODING = RowEncoding.FLOAT32_ADAGRAD;

  /** A row, popularity and time packed. */
  private record Row(
      RowEncoding encoding, int dimension, long popularity, long time, List<Float> state) {
    static Row of(RowEncoding encoding, int dimension, long popularity, long time, float... state) {
      List<Float> floats = new ArrayList<>();
      for (float value : state) {
        floats.add(value);
      }
      return new Row(encoding, dimension, popularity, time, floats);
    }

    static Row random(RandomGenerator random, RowEncoding encoding) {
      int dimension = 1 << random.nextInt(8);
      float[] state = new float[encoding.stateLength(dimension)];
      for (int i = 0; i < state.length; i++) {
        state[i] = Float.intBitsToFloat(random.nextInt());
      }
      long popularity = random.nextLong(LARGEST + 1);
      return of(encoding, dimension, popularity, random.nextLong(LARGEST + 1), state);
    }

    /** What is read of a value. */
    static Row read(byte[] value, RowEncoding encoding) {
      int dimension = RowFormat.check(value, encoding);
      float[] state = new float[encoding.stateLength(dimension)];
      RowFormat.state(value, 0, state, 0, state.length);
      return of(encoding, dimension, RowFormat.popularity(value), RowFormat.time(value), state);
    }

    /** Its value, by way of the memory. */
    byte[] write() {
      try (var rows = new ResidentRows(encoding, WIDEST, ResidentRows.LEAST_BYTES)) {
        rows.reserve(dimension, 1, () -> {});
        return RowFormat.encode(
            rows, rows.insert(3, 5, dimension, popularity, time, floats(), 0, true));
      }
    }

    float[] floats() {
      float[] floats = new float[state.size()];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = state.get(i);
      }
      return floats;
    }
  }

  @ParameterizedTest
  @EnumSource(RowEncoding.class)
  void aRowIsReadAsItWasInMemory(RowEncoding encoding) {
    forAll(
        100,
        random -> {
          Row row = Row.random(random, encoding);
          byte[] value = row.write();

          assertThat(value).hasSize(RowFormat.valueBytes(encoding, row.dimension));
          assertThat(Row.read(value, encoding)).isEqualTo(row);
        });
  }

  @Test
  void aPartOfTheStateIsReadToWhereItIsWanted() {
    byte[] value = row(2, 1, 2, 3, 4, 5, 6).write();
    float[] to = {9, 9, 9, 9};

    RowFormat.state(value, 1, to, 1, 2);

    assertThat(to).containsExactly(9, 2, 3, 9);
  }

  private static Row row(int dimension, float... state) {
    return Row.of(ENCODING, dimension, 1, 1, state);
  }

  @Test
  void aVectorIsServedWithZerosBehindItWhereTheBasisIsTheFirst() {
    byte[] value = row(2, 1, 2, 3, 4, 5, 6).write();
    float[] out = {9, 9, 9, 9, 9, 9};

    assertThat(RowFormat.vector(value, ENCODING, Basis.identity(4), out, 1)).isEqualTo(2);
    assertThat(out).containsExactly(9, 2, 3, 0, 0, 9);
  }

  @Test
  void aVectorIsServedInTheBasisOfItsTable() {
    byte[] value = row(2, 1, 2, 3, 4, 5, 6).write();
    float[] basis = {1, 10, 100, 1_000, 5, 50, 500, 5_000, 7, 7, 7, 7, 7, 7, 7, 7};
    float[] out = {9, 9, 9, 9, 9, 9};

    assertThat(RowFormat.vector(value, ENCODING, Basis.of(4, basis), out, 1)).isEqualTo(2);
    assertThat(out).containsExactly(9, 17, 170, 1_700, 17_000, 9);
  }

  /** Whether a row is in memory or below must not show. */
  @Test
  void aVectorHasTheSameBitsAsTheReaderOfTheRowsInMemoryGives() {
    forAll(
        60,
        random -> {
          int width = 1 << random.nextInt(8);
          int dimension = Math.min(width, 1 << random.nextInt(8));
          float[] state = gaussians(random, ENCODING.stateLength(dimension));
          Basis basis =
              random.nextInt(4) == 0
                  ? Basis.identity(width)
                  : Basis.of(width, gaussians(random, width * width));
          float[] stored = new float[width];
          float[] resident = new float[width];
          try (var rows = new ResidentRows(ENCODING, WIDEST, ResidentRows.LEAST_BYTES)) {
            rows.reserve(dimension, 1, () -> {});
            int slot = rows.insert(3, 5, dimension, 1, 1, state, 0, true);
            RowFormat.vector(RowFormat.encode(rows, slot), ENCODING, basis, stored, 0);
            new RowReader()
                .vectors(rows, new int[] {3}, new long[] {5}, 0, 1, basis, resident, new int[1]);
          }
          assertThat(stored).containsExactly(resident);
        });
  }

  private static float[] gaussians(RandomGenerator random, int n) {
    float[] floats = new float[n];
    for (int i = 0; i < n; i++) {
      floats[i] = (float) random.nextGaussian();
    }
    return floats;
  }

  @Test
  void keysSortByTableAsUnsignedBytesThenByCategory() {
    assertThat(RowFormat.key(0x0203, 0x0102030405060708L))
        .containsExactly(2, 3, 1, 2, 3, 4, 5, 6, 7, 8);
    byte[][] keys = {
      RowFormat.key(0, 0),
      RowFormat.key(0, -1L),
      RowFormat.key(1, 0),
      RowFormat.key(1, Long.MAX_VALUE),
      RowFormat.key(1, Long.MIN_VALUE),
      RowFormat.key(ResidentRows.MOST_TABLES - 1, -1L),
      RowFormat.key(0x8000, 5),
      RowFormat.key(0xFFFD, -1L)
    };
    byte[][] sorted = keys.clone();
    Arrays.sort(sorted, Arrays::compareUnsigned);

    assertThat(sorted).isDeepEqualTo(keys);
    assertThat(keys[0]).hasSize(RowFormat.KEY_BYTES);
  }

  @Test
  void aKeyNamesTableAndCategory() {
    byte[] key = RowFormat.key(0x8203, 0xF102030405060708L);

    assertThat(RowFormat.table(key)).isEqualTo(0x8203);
    assertThat(RowFormat.category(key)).isEqualTo(0xF102030405060708L);
  }

  // -- what users' stores are full of: a change here is a new version of the format

  @Test
  void rowsOfVersion2AreReadAndWrittenForEver() throws IOException {
    List<byte[]> values = golden("row-v2.bin");
    List<Row> rows = goldenRows();

    assertThat(values).hasSameSizeAs(rows);
    for (int i = 0; i < rows.size(); i++) {
      assertThat(Row.read(values.get(i), rows.get(i).encoding)).isEqualTo(rows.get(i));
      assertThat(rows.get(i).write()).containsExactly(values.get(i));
    }
  }

  /** What is in the golden file: each encoding in four dimensions, with a head of four. */
  private static List<Row> goldenRows() {
    long[] popularities = {0x7F_0000_0000L, 0, LARGEST, 0x01_2345_6789L};
    long[] times = {1_700_000_000_000L / 256, 0, LARGEST, 0xAB_CDEF_0123L};
    int[] dimensions = {1, 2, 16, 128};
    List<Row> rows = new ArrayList<>();
    for (RowEncoding encoding : RowEncoding.values()) {
      for (int i = 0; i < dimensions.length; i++) {
        int head = (i + encoding.code()) % 4;
        float[] state = ramp(encoding.stateLength(dimensions[i]));
        rows.add(Row.of(encoding, dimensions[i], popularities[head], times[head], state));
      }
    }
    return rows;
  }

  @Test
  void rowsOfVersion1AreReadForEverWithPopularityAndTimePacked() throws IOException {
    List<Row> rows =
        List.of(
            Row.of(ENCODING, 1, 0x89_34A4_56D6L, 0, -0.5f, 0.01f, 0, 1e-6f),
            // Less and more than can be packed, at the end of the year 9999.
            Row.of(ENCODING, 4, 0, 253_402_300_799_999L / 256, ramp(10)),
            Row.of(ENCODING, 64, LARGEST, 1_800_000_000_123L / 256, ramp(130)));
    // The first has no coordinates but a weight: no Varve has kept such a row, and traces have
    // none.
    List<byte[]> all = golden("row-v1.bin");
    List<byte[]> values = all.subList(1, all.size());

    assertThat(values).hasSameSizeAs(rows);
    for (int i = 0; i < rows.size(); i++) {
      assertThat(Row.read(values.get(i), ENCODING)).isEqualTo(rows.get(i));
    }
    assertThat(PackedPopularity.unpackPopularity(rows.getFirst().popularity))
        .isEqualTo(1234.5678, within(1e-6));
  }

  @Test
  void theVectorOfARowOfVersion1IsServed() throws IOException {
    float[] out = new float[4];

    assertThat(RowFormat.vector(golden("row-v1.bin").get(2), ENCODING, Basis.identity(4), out, 0))
        .isEqualTo(4);
    assertThat(out).containsExactly(Arrays.copyOfRange(ramp(10), 1, 5));
  }

  /** A golden file: for each row a uint16, big-endian, and so many bytes of value. */
  private static List<byte[]> golden(String name) throws IOException {
    List<byte[]> values = new ArrayList<>();
    try (var file = RowFormatTest.class.getResourceAsStream("/golden/" + name)) {
      assertThat(file).isNotNull();
      ByteBuffer bytes = ByteBuffer.wrap(file.readAllBytes());
      while (bytes.hasRemaining()) {
        byte[] value = new byte[Short.toUnsignedInt(bytes.getShort())];
        bytes.get(value);
        values.add(value);
      }
    }
    return values;
  }

  private static float[] ramp(int n) {
    float[] floats = new float[n];
    for (int i = 0; i < n; i++) {
      floats[i] = (i - 5) / 8f;
    }
    return floats;
  }

  // -- what is refused

  private static byte[] value() {
    return row(4, ramp(10)).write();
  }

  private static void assertRefused(byte[] value, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowFormat.check(value, ENCODING))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowFormat.vector(value, ENCODING, Basis.identity(4), new float[4], 0))
        .withMessage(message);
  }

  @ParameterizedTest
  @ValueSource(bytes = {0, 3, -1})
  void aRowOfAnotherVersionIsRefused(byte version) {
    byte[] value = value();
    value[0] = version;

    assertRefused(
        value,
        "row format: %d (expected: version 2; the store was written by a newer Varve)"
            .formatted(version));
  }

  @Test
  void aRowOfAnotherEncodingIsRefused() {
    byte[] value = value();
    value[1] = 1;
    assertRefused(
        value, "row encoding: FLOAT32_ROWWISE (expected: FLOAT32_ADAGRAD, the optimizer's)");

    value[1] = 3;
    assertRefused(value, "row encoding: 3 (expected: from 0 to 2)");
  }

  @Test
  void aTruncatedRowIsRefusedWhereverItIsCut() throws IOException {
    for (byte[] whole : List.of(value(), golden("row-v1.bin").get(2))) {
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> RowFormat.check(cut, ENCODING))
            .withMessageStartingWith("row bytes: " + length + " (expected: ");
      }
    }
    assertRefused(Arrays.copyOf(value(), 55), "row bytes: 55 (expected: 54)");
    assertRefused(new byte[13], "row bytes: 13 (expected: at least 14; the store is damaged)");
  }

  @Test
  void aRowWhoseDimensionDoesNotFitItsLengthIsRefused() {
    byte[] value = value();
    value[2]++;
    assertRefused(value, "row bytes: 54 (expected: 62)");

    value[2] = 4;
    value[3] = 1;
    assertRefused(value, "row bytes: 54 (expected: 2102)");
  }
}
