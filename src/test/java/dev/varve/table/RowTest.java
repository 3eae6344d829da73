package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RowTest {
  private static final long HOUR_MS = 3_600_000;
  private static final Popularity HOURLY = new Popularity(HOUR_MS);

  @Test
  void aStateHoldsAWeightAndASumOfSquaresForTheLinearTermAndEachCoordinate() {
    assertThat(Row.stateLength(0)).isEqualTo(2);
    assertThat(Row.stateLength(16)).isEqualTo(34);
    assertThat(row(5).dimension()).isEqualTo(5);
  }

  @Test
  void occurrencesAtTheSameTimeAddUp() {
    Row row = row(0);
    row.count(HOURLY, 3, 0);
    row.count(HOURLY, 4, 0);

    assertThat(row.popularity()).isEqualTo(7);
  }

  @Test
  void whatWasCountedHalvesUntilTheNextEvent() {
    Row row = row(0);
    row.count(HOURLY, 8, 0);
    row.count(HOURLY, 1, 2 * HOUR_MS);

    assertThat(row.popularity()).isEqualTo(8 / 4.0 + 1);
    assertThat(row.timeMs()).isEqualTo(2 * HOUR_MS);
  }

  @Test
  void aLateEventCountsForWhatIsLeftOfItAndTurnsNoClockBack() {
    Row row = row(0);
    row.count(HOURLY, 8, 2 * HOUR_MS);
    row.count(HOURLY, 4, HOUR_MS);

    assertThat(row.popularity()).isEqualTo(8 + 4 / 2.0);
    assertThat(row.timeMs()).isEqualTo(2 * HOUR_MS);
  }

  @Test
  void theOrderOfEventsHardlyMatters() {
    forAll(
        200,
        random -> {
          long[] times = random.longs(random.nextInt(1, 50), 0, 10 * HOUR_MS).toArray();
          Row shuffled = row(0);
          for (long time : times) {
            shuffled.count(HOURLY, 2, time);
          }
          Arrays.sort(times);
          Row inOrder = row(0);
          for (long time : times) {
            inOrder.count(HOURLY, 2, time);
          }

          assertThat(shuffled.timeMs()).isEqualTo(inOrder.timeMs());
          assertThat(shuffled.popularity())
              .isCloseTo(inOrder.popularity(), within(1e-12 * inOrder.popularity()));
        });
  }

  @Test
  void popularityIsTheDecayedSumOfAllOccurrences() {
    forAll(
        100,
        random -> {
          Row row = row(0);
          long[] times = new long[20];
          int[] counts = new int[20];
          count(row, times, counts, random);
          double expected = 0;
          for (int i = 0; i < times.length; i++) {
            expected += counts[i] * Math.pow(0.5, (double) (row.timeMs() - times[i]) / HOUR_MS);
          }

          assertThat(row.popularity()).isCloseTo(expected, within(1e-9 * expected));
        });
  }

  private static void count(Row row, long[] times, int[] counts, RandomGenerator random) {
    for (int i = 0; i < times.length; i++) {
      times[i] = random.nextLong(30 * HOUR_MS);
      counts[i] = random.nextInt(1, 9);
      row.count(HOURLY, counts[i], times[i]);
    }
  }

  @Test
  void aPublishedStateIsTheStateReadersSee() {
    Row row = row(1);
    float[] before = row.state();
    float[] next = {1, 2, 3, 4};
    row.publish(next);

    assertThat(row.state()).isSameAs(next);
    assertThat(before).containsOnly(0);
  }

  private static Row row(int dimension) {
    return new Row(new RowKey(0, 1), 0, 0, new float[Row.stateLength(dimension)]);
  }
}
