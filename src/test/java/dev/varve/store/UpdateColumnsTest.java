package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.schema.TableUpdate;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowUpdates;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpdateColumnsTest {
  private static final int DIMENSION = 4;

  /** Of dimension 4: the squares are those of 5 occurrences, the sum's own is 25 + 25. */
  private static final float[] WIDE = {1, 3, 4, 0, 5, 2, 100};

  private final ResidentRows rows =
      new ResidentRows(RowEncoding.FLOAT32_ADAGRAD, DIMENSION, ResidentRows.LEAST_BYTES);
  private final UpdateColumns columns = new UpdateColumns(DIMENSION);

  @AfterEach
  void close() {
    rows.close();
  }

  /** The slot of a new row. */
  private int row(long category, int dimension) {
    rows.reserve(dimension, 1, () -> {});
    return rows.insert(0, category, dimension, 0, 0, new float[2 * (1 + DIMENSION)], 0, false);
  }

  private static float[] gradient(RowUpdates.Batch batch, int i, int dimension) {
    return Arrays.copyOfRange(batch.gradients(), batch.at()[i], batch.at()[i] + 3 + dimension);
  }

  private void read(TableUpdate.Builder update) {
    columns.read(update.build(), Batches.NOON_MS);
  }

  @Test
  void aGradientOfTheRowsDimensionStaysWhereItCame() {
    read(Batches.table("user", WIDE, 1, 2));

    columns.fit(new int[] {row(1, DIMENSION), row(2, DIMENSION)}, 0, 2);

    assertThat(columns.batch().at()).startsWith(0, 7);
    assertThat(gradient(columns.batch(), 1, DIMENSION)).containsExactly(WIDE);
  }

  /** 9 + 16 of 50 are left of the sum's square, so half of the squares. */
  @Test
  void aRowThatLostCoordinatesLosesTheirShareOfTheSquares() {
    read(Batches.table("user", WIDE, 1));

    columns.fit(new int[] {row(1, 2)}, 0, 1);

    assertThat(gradient(columns.batch(), 0, 2)).containsExactly(1, 3, 4, 2, 50);
  }

  @Test
  void aRowThatGainedCoordinatesHasNoGradientOfThemYet() {
    read(Batches.table("user", new float[] {1, 3, 4, 2, 30}, 1).addDimensions(2));

    columns.fit(new int[] {row(1, DIMENSION)}, 0, 1);

    assertThat(gradient(columns.batch(), 0, DIMENSION)).containsExactly(1, 3, 4, 0, 0, 2, 30);
  }

  @Test
  void nothingIsDividedByASumOfZero() {
    read(Batches.table("user", new float[] {1, 0, 0, 0, 0, 2, 100}, 1));

    columns.fit(new int[] {row(1, 1)}, 0, 1);

    assertThat(gradient(columns.batch(), 0, 1)).containsExactly(1, 0, 2, 0);
  }

  @Test
  void whoeverHasNoRowOrWasReadWithoutOneHasNoGradient() {
    var update = Batches.table("user", WIDE, 1, 2);
    update.addKeys(3).addOccurrences(1).addEventTimeOffsetsMs(0);
    read(update.addDimensions(4).addDimensions(4).addDimensions(0));
    int trace = row(1, 0);

    columns.fit(new int[] {trace, ResidentRows.ABSENT, row(3, 2)}, 0, 3);

    assertThat(columns.batch().at()[0]).isNegative();
    assertThat(columns.batch().at()[2]).isNegative();
    assertThat(gradient(columns.batch(), 1, DIMENSION)).containsExactly(WIDE);
  }

  /** A mixed column, in two chunks: each finds its own, and what was made stays until the next. */
  @Test
  void theDimensionsOfTheUpdateSayWhereEachGradientBegins() {
    var update = TableUpdate.newBuilder().setTable("user");
    int[] dimensions = {0, 1, 4, 0, 2};
    for (int i = 0; i < dimensions.length; i++) {
      update.addKeys(i).addOccurrences(1 + i).addEventTimeOffsetsMs(-256L * i);
      update.addDimensions(dimensions[i]);
    }
    read(update.setGradients(Batches.bytes(1, 2, 3, 4, 1, 3, 4, 0, 5, 2, 100, 6, 7, 8, 9, 10)));
    assertThat(columns.batch().at()).startsWith(-1, 0, 4, -1, 11);

    columns.fit(new int[] {row(2, 2), row(3, 4), row(4, 2)}, 2, 3);

    assertThat(gradient(columns.batch(), 1, 1)).containsExactly(1, 2, 3, 4);
    assertThat(gradient(columns.batch(), 2, 2)).containsExactly(1, 3, 4, 2, 50);
    assertThat(columns.batch().at()[3]).isNegative();
    assertThat(gradient(columns.batch(), 4, 2)).containsExactly(6, 7, 8, 9, 10);
    assertThat(columns.key(4)).isEqualTo(4);
    assertThat(columns.occurrences()[4]).isEqualTo(5);
    assertThat((double) columns.timeMs(4)).isCloseTo(Batches.NOON_MS - 1024, within(256.0));
  }
}
