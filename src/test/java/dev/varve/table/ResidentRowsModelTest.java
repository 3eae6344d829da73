package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Rows in memory with a map below them are a map, whatever the writer does. */
class ResidentRowsModelTest {
  private static final RowEncoding[] ENCODINGS = RowEncoding.values();

  private long evictions;
  private int pagesGiven;

  @Test
  void rowsInTheLeastMemoryAreAMapUnderAnyOperations() {
    forAll(30, random -> operate(random, ResidentRows.LEAST_BYTES, 300, 100));
    assertThat(evictions).isPositive();
    assertThat(pagesGiven).isPositive();
  }

  @Test
  void rowsInSomeMemoryAreAMapUnderAnyOperations() {
    forAll(
        4, random -> operate(random, random.nextLong(300_000, 2 << 20), 200, ResidentRows.CHUNK));
    assertThat(evictions).isPositive();
    assertThat(pagesGiven).isPositive();
  }

  private void operate(RandomGenerator random, long capacityBytes, int steps, int most) {
    RowEncoding encoding = ENCODINGS[random.nextInt(ENCODINGS.length)];
    int widest = 1 << random.nextInt(8);
    try (var rows = new ResidentRows(encoding, widest, capacityBytes)) {
      var model = new RowsModel(rows, widest, capacityBytes, random);
      for (int i = 0; i < steps; i++) {
        model.operate(random.nextInt(1, most));
        if (i % 8 == 0) {
          model.check();
        }
      }
      model.writeBack();
      model.check();
      assertThat(rows.dirtyRows()).isZero();
      evictions += rows.evictions();
      pagesGiven += model.pagesGiven();
    }
  }
}
