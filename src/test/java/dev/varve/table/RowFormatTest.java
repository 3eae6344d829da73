package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowFormatTest {
  private static final RowKey KEY = new RowKey(3, 0x0102030405060708L);

  @Test
  void aRowIsReadAsItWasWritten() {
    forAll(
        300,
        random -> {
          int dimension = random.nextInt(0, 130);
          float[] state = new float[RowEncoding.FLOAT32_ADAGRAD.stateLength(dimension)];
          for (int i = 0; i < state.length; i++) {
            state[i] = Float.intBitsToFloat(random.nextInt());
          }
          double popularity = Math.exp(random.nextDouble(-700, 700));
          Row row = new Row(KEY, popularity, random.nextLong(), state);
          byte[] bytes = RowFormat.encode(row);
          Row read = RowFormat.decode(KEY, bytes);

          assertThat(bytes).hasSize(RowFormat.valueBytes(dimension));
          assertThat(read.key()).isEqualTo(KEY);
          assertThat(read.dimension()).isEqualTo(dimension);
          assertThat(read.popularity()).isEqualTo(popularity);
          assertThat(read.timeMs()).isEqualTo(row.timeMs());
          assertThat(read.state()).containsExactly(state);
          assertThat(RowFormat.decodeState(bytes)).containsExactly(state);
          assertThat(RowFormat.encode(read)).containsExactly(bytes);
        });
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
      RowFormat.key(0x8000, 5),
      RowFormat.key(0xFFFD, -1L)
    };
    byte[][] sorted = keys.clone();
    Arrays.sort(sorted, Arrays::compareUnsigned);

    assertThat(sorted).isDeepEqualTo(keys);
    assertThat(keys[0]).hasSize(RowFormat.KEY_BYTES);
  }

  /** Rows in users' stores look like this: a change here is a new version of the format. */
  @Test
  void rowsOfVersion1AreReadAndWrittenForEver() throws IOException {
    List<Row> rows = goldenRows();
    List<byte[]> values = goldenValues();

    assertThat(values).hasSameSizeAs(rows);
    for (int i = 0; i < rows.size(); i++) {
      Row expected = rows.get(i);
      Row read = RowFormat.decode(KEY, values.get(i));
      assertThat(read.popularity()).isEqualTo(expected.popularity());
      assertThat(read.timeMs()).isEqualTo(expected.timeMs());
      assertThat(read.state()).containsExactly(expected.state());
      assertThat(RowFormat.encode(expected)).containsExactly(values.get(i));
    }
  }

  /** The golden file: for each row a uint16, big-endian, and so many bytes of value. */
  private static List<byte[]> goldenValues() throws IOException {
    List<byte[]> values = new ArrayList<>();
    try (var file = RowFormatTest.class.getResourceAsStream("/golden/row-v1.bin")) {
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

  /** What is in the golden file. */
  private static List<Row> goldenRows() {
    return List.of(
        new Row(KEY, 1, 1_700_000_000_000L, new float[] {0.25f, 4}),
        new Row(KEY, 1234.5678, 1, new float[] {-0.5f, 0.01f, 0, 1e-6f}),
        new Row(KEY, 1e-300, 253_402_300_799_999L, ramp(4)),
        new Row(KEY, 1e300, 1_800_000_000_123L, ramp(64)));
  }

  private static float[] ramp(int dimension) {
    float[] state = new float[RowEncoding.FLOAT32_ADAGRAD.stateLength(dimension)];
    for (int i = 0; i < state.length; i++) {
      state[i] = (i - 5) / 8f;
    }
    return state;
  }

  @Test
  void aRowOfAnotherVersionIsRefused() {
    byte[] bytes = bytes();
    bytes[0] = 2;

    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowFormat.decode(KEY, bytes))
        .withMessage("row format: 2 (expected: version 1; the store was written by a newer Varve)");
    assertThatIllegalArgumentException().isThrownBy(() -> RowFormat.decodeState(bytes));
  }

  @Test
  void aRowOfAnotherEncodingIsRefused() {
    byte[] bytes = bytes();
    bytes[1] = 1;

    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowFormat.decode(KEY, bytes))
        .withMessage("row encoding: 1 (expected: 0)");
  }

  @Test
  void aTruncatedRowIsRefusedWhereverItIsCut() {
    byte[] bytes = bytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RowFormat.decode(KEY, cut))
          .withMessageStartingWith("row bytes: " + length + " (expected: ");
      assertThatIllegalArgumentException().isThrownBy(() -> RowFormat.decodeState(cut));
    }
  }

  @Test
  void aRowWhoseDimensionDoesNotFitItsLengthIsRefused() {
    byte[] bytes = bytes();
    bytes[2]++;

    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowFormat.decode(KEY, bytes))
        .withMessage("row bytes: 52 (expected: 60)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowFormat.decode(KEY, Arrays.copyOf(bytes(), 53)))
        .withMessage("row bytes: 53 (expected: 52)");
  }

  private static byte[] bytes() {
    return RowFormat.encode(new Row(KEY, 1, 1, ramp(3)));
  }
}
