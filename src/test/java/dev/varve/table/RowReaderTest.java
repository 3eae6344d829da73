package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RowReaderTest {
  private static final RowEncoding ENCODING = RowEncoding.FLOAT32_ROWWISE;
  private static final int TABLES = 3;
  private static final float UNTOUCHED = -7.5f;

  private final ResidentRows rows = new ResidentRows(ENCODING, 128, 4 << 20);
  private final RowReader reader = new RowReader();
  private final Map<RowKey, float[]> states = new HashMap<>();

  @AfterEach
  void close() {
    rows.close();
  }

  // -- against a plain loop

  @Test
  void vectorsAreTheRowsTimesTheBasisBitForBit() {
    fill(new Random(1));
    forAll(
        100,
        random -> {
          Batch batch = new Batch(random);
          int width = random.nextInt(128, 200);
          Basis basis = Basis.of(width, floats(random, width * width));
          checkVectors(batch, basis);
        });
  }

  @Test
  void vectorsInTheFirstBasisAreTheRowsWithZerosBehindThem() {
    fill(new Random(2));
    forAll(100, random -> checkVectors(new Batch(random), Basis.identity(128)));
  }

  @Test
  void statesAndPopularitiesAreWhole() {
    fill(new Random(3));
    int widest = ENCODING.stateLength(128);
    forAll(
        100,
        random -> {
          Batch batch = new Batch(random);
          int width = widest + random.nextInt(3);
          float[] out = untouched(batch.keys.length * width);
          int[] dimensions = new int[batch.keys.length];
          long[] counted = new long[2 * batch.keys.length];
          reader.rows(
              rows, batch.tables, batch.keys, batch.from, batch.n, out, width, dimensions, counted);
          float[] expected = untouched(out.length);
          long[] expectedCounts = new long[counted.length];
          for (int i = batch.from; i < batch.from + batch.n; i++) {
            float[] state = batch.state(i);
            if (state.length > 0) {
              RowKey key = new RowKey(batch.tables[i], batch.keys[i]);
              expectedCounts[2 * i] = popularity(key);
              expectedCounts[2 * i + 1] = key.table();
            }
            System.arraycopy(state, 0, expected, i * width, state.length);
            assertThat(dimensions[i]).isEqualTo(dimension(state));
          }
          assertThat(out).isEqualTo(expected);
          assertThat(counted).isEqualTo(expectedCounts);
        });
  }

  private void checkVectors(Batch batch, Basis basis) {
    int width = basis.width();
    float[] out = untouched(batch.keys.length * width);
    int[] dimensions = new int[batch.keys.length];
    long[] times = new long[batch.keys.length];
    Arrays.fill(times, -1);
    int[] places = new int[batch.keys.length];
    Arrays.setAll(places, i -> places.length - 1 - i);
    reader.vectors(
        rows, batch.tables, batch.keys, batch.from, batch.n, basis, out, places, dimensions, times);
    float[] expected = untouched(out.length);
    int[] expectedDimensions = new int[batch.keys.length];
    long[] expectedTimes = times.clone();
    Arrays.fill(expectedTimes, -1);
    for (int i = batch.from; i < batch.from + batch.n; i++) {
      expectedDimensions[i] = dimension(batch.state(i));
      if (expectedDimensions[i] > 0) {
        expectedTimes[i] = batch.tables[i];
        serve(batch.state(i), basis, expected, places[i] * width);
      }
    }
    assertThat(dimensions).isEqualTo(expectedDimensions);
    assertThat(times).isEqualTo(expectedTimes);
    assertThat(out).isEqualTo(expected);
  }

  /** Defines how a row is served. */
  private static void serve(float[] state, Basis basis, float[] out, int at) {
    int dimension = dimension(state);
    int width = basis.width();
    for (int j = 0; j < width; j++) {
      float sum = basis.isIdentity() && j < dimension ? state[1 + j] : 0;
      for (int k = 0; k < dimension && !basis.isIdentity(); k++) {
        sum = Math.fma(state[1 + k], basis.values()[k * width + j], sum);
      }
      out[at + j] = sum;
    }
  }

  /** Of a state of {@link #ENCODING}; of none, what readers say of a row that is not there. */
  private static int dimension(float[] state) {
    return state.length == 0 ? ResidentRows.ABSENT : state.length - 3;
  }

  /** Rows, many of them absent, some asked for twice, more than a chunk now and then. */
  private final class Batch {
    private final int from;
    private final int n;
    private final int[] tables;
    private final long[] keys;

    Batch(RandomGenerator random) {
      from = random.nextInt(4);
      n = random.nextInt(random.nextInt(8) == 0 ? 3 * ResidentRows.CHUNK : 40);
      tables = new int[from + n + random.nextInt(3)];
      keys = new long[tables.length];
      for (int i = 0; i < keys.length; i++) {
        tables[i] = random.nextInt(TABLES);
        keys[i] = random.nextInt(2 * states.size() / TABLES);
      }
    }

    float[] state(int i) {
      return states.getOrDefault(new RowKey(tables[i], keys[i]), new float[0]);
    }
  }

  /** Half of the categories in sight of each table; dimensions mixed. */
  private void fill(RandomGenerator random) {
    for (int table = 0; table < TABLES; table++) {
      for (int i = 0; i < 1_000; i += 2) {
        int dimension = 1 << random.nextInt(8);
        add(new RowKey(table, i), floats(random, ENCODING.stateLength(dimension)), dimension);
      }
    }
    assertThat(rows.evictions()).isZero();
  }

  private void add(RowKey key, float[] state, int dimension) {
    states.put(key, state);
    rows.reserve(dimension, 1, () -> rows.writeBack(_ -> {}));
    rows.insert(
        key.table(), key.category(), dimension, popularity(key), key.table(), state, 0, true);
  }

  /** Packed; of all 40 bits. */
  private static long popularity(RowKey key) {
    return (key.category() * 0x9E3779B97F4A7C15L) >>> 24;
  }

  private static float[] floats(RandomGenerator random, int n) {
    float[] floats = new float[n];
    for (int i = 0; i < n; i++) {
      floats[i] = random.nextInt(50) == 0 ? -0.0f : (float) random.nextGaussian();
    }
    return floats;
  }

  private static float[] untouched(int n) {
    float[] floats = new float[n];
    Arrays.fill(floats, UNTOUCHED);
    return floats;
  }

  // -- how it is found

  @Test
  void aRowBehindAnotherWithItsTagInItsLineIsRead() {
    int lines = rows.index().lines();
    for (int i = 0; i < 25; i++) {
      long category = Keys.withHash(0, Keys.hash(lines, lines - 1, 7, i));
      add(new RowKey(0, category), new float[] {i, i, i, i}, 1);
    }
    for (int i = 0; i < 25; i++) {
      long category = Keys.withHash(0, Keys.hash(lines, lines - 1, 7, i));
      assertThat(read(category)).containsExactly(i);
    }
    assertThat(read(Keys.withHash(0, Keys.hash(lines, lines - 1, 7, 99))))
        .containsExactly(UNTOUCHED);
  }

  @Test
  void aRowIsReadWhereItHasMovedTo() {
    add(new RowKey(0, 5), new float[] {1, 2, 3, 4}, 1);
    rows.reserve(2, 1, () -> {});
    rows.move(rows.find(0, 5), 2, new float[] {5, 6, 7, 8, 9}, 0);

    assertThat(read(5)).containsExactly(6, 7);
  }

  @Test
  void aRowThatWasRemovedIsAbsent() {
    add(new RowKey(0, 5), new float[] {1, 2, 3, 4}, 1);
    rows.remove(rows.find(0, 5));

    assertThat(read(5)).containsExactly(UNTOUCHED);
  }

  /** The coordinates of a row of table 0. */
  private float[] read(long category) {
    float[] out = untouched(128);
    int[] dimensions = new int[1];
    reader.vectors(
        rows, new int[1], new long[] {category}, 0, 1, Basis.identity(128), out, dimensions);
    return Arrays.copyOf(out, Math.max(1, dimensions[0]));
  }

  @Test
  void aReadCountsAsUse() {
    add(new RowKey(0, 5), new float[] {1, 2, 3, 4}, 1);
    long row = rows.slabs().row(rows.find(0, 5));
    for (boolean states : new boolean[] {true, false}) {
      RowDescriptor.takeRecent(row);
      if (states) {
        reader.states(rows, new int[1], new long[] {5}, 0, 1, new float[4], 4, new int[1]);
      } else {
        read(5);
      }
      assertThat(RowDescriptor.takeRecent(row)).isTrue();
      assertThat(RowDescriptor.table(row)).isZero();
    }
  }

  // -- closing, misuse

  @Test
  void closedRowsAreRefused() {
    add(new RowKey(0, 5), new float[] {1, 2, 3, 4}, 1);
    rows.close();

    assertThatExceptionOfType(ClosedRowsException.class).isThrownBy(() -> read(5));
    assertThatExceptionOfType(ClosedRowsException.class)
        .isThrownBy(
            () -> reader.states(rows, new int[1], new long[1], 0, 1, new float[4], 4, new int[1]));
    assertThat(rows.gate().isDrained()).isTrue();
  }

  @Test
  void aReadThatFailsLeavesTheGate() {
    add(new RowKey(0, 5), new float[] {1, 2, 3, 4}, 1);
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(
            () ->
                reader.vectors(
                    rows,
                    new int[1],
                    new long[] {5},
                    0,
                    1,
                    Basis.identity(4),
                    new float[0],
                    new int[1]));
    rows.gate().flip();
    assertThat(rows.gate().isDrained()).isTrue();
  }

  @Test
  void aBasisIsSquareAndItsOwn() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Basis.of(3, new float[8]))
        .withMessage("basis: 8 (expected: 3 rows of 3)");
    float[] values = {1, 2, 3, 4};
    Basis basis = Basis.of(2, values);
    values[0] = 9;
    assertThat(basis.values()).containsExactly(1, 2, 3, 4);
  }

  // -- allocation

  private static final int ROUNDS = 500;
  private volatile float sink;

  @Test
  void aReaderAllocatesNothing() {
    fill(new Random(4));
    var random = new Random(5);
    Basis identity = Basis.identity(128);
    Basis basis = Basis.of(128, floats(random, 128 * 128));
    float[] out = new float[600 * ENCODING.stateLength(128)];
    int[] tables = new int[600];
    int[] dimensions = new int[600];
    long[] keys = random.longs(600, 0, 1_000).toArray();

    assertThat(
            leastAllocated(
                () -> {
                  reader.vectors(rows, tables, keys, 0, 600, identity, out, dimensions);
                  reader.vectors(rows, tables, keys, 0, 40, basis, out, dimensions);
                  reader.states(
                      rows, tables, keys, 0, 600, out, ENCODING.stateLength(128), dimensions);
                  sink = out[7];
                }))
        .isZero();
  }

  /** Bytes of the round that allocated least: before it is compiled, vector arithmetic does. */
  private static long leastAllocated(Runnable action) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS && least > 0; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 50; i++) {
        action.run();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }
}
