package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ZipfSamplerTest {
  private static final int DRAWS = 400_000;

  @ParameterizedTest
  @CsvSource({"1, 1.05", "2, 1", "10, 0", "100, 0.5", "100, 1", "100, 1.05", "1000, 2", "20, 10"})
  void everyRankOccursAsOftenAsItsPowerSays(int n, double s) {
    var sampler = new ZipfSampler(n, s);
    var random = new SplittableRandom(n);
    int[] counts = new int[n + 1];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampler.draw(random)]++;
    }
    double total = 0;
    for (int k = 1; k <= n; k++) {
      total += Math.pow(k, -s);
    }
    for (int k = 1; k <= n; k++) {
      double expected = DRAWS * Math.pow(k, -s) / total;
      // Five standard deviations of a count, which is nearly Poisson.
      assertThat((double) counts[k]).isCloseTo(expected, within(5 * Math.sqrt(expected) + 2));
    }
  }

  @ParameterizedTest
  @CsvSource({"100000000, 1.05", "100000000, 0.2", "2147483647, 1"})
  void largeCardinalitiesStayInRange(int n, double s) {
    var sampler = new ZipfSampler(n, s);
    var random = new SplittableRandom(1);
    int largest = 0;
    for (int i = 0; i < 100_000; i++) {
      int rank = sampler.draw(random);
      assertThat(rank).isBetween(1, n);
      largest = Math.max(largest, rank);
    }
    assertThat(largest).isGreaterThan(n / 2);
  }
}
