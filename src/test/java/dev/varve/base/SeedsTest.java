package dev.varve.base;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeedsTest {
  /** Stored rows were begun with these: other values would be another model after an upgrade. */
  @Test
  void theSameSeedGivesTheSameNumbersForEver() {
    float[] drawn = new float[4];
    Seeds.gaussian(7, 1, drawn, 0, 4);

    // The first number that SplitMix64 gives from seed 0.
    assertThat(Seeds.mix(0, 0)).isEqualTo(0xE220A8397B1DCDAFL);
    assertThat(Seeds.mix(1, 2)).isEqualTo(-534904783426661026L);
    assertThat(Seeds.mix(1, "user_id")).isEqualTo(3595547295860135649L);
    assertThat(drawn).containsExactly(-0.4761291f, -0.6527819f, 0.00922099f, -1.161938f);
  }

  @Test
  void aLongerVectorBeginsLikeAShorterOneWhereverItBegins() {
    forAll(
        200,
        random -> {
          long seed = random.nextLong();
          int length = random.nextInt(0, 40);
          int longer = length + random.nextInt(0, 40);
          int offset = random.nextInt(0, 5);
          float[] one = new float[length];
          float[] other = new float[offset + longer];
          Seeds.gaussian(seed, 0.5f, one, 0, length);
          Seeds.gaussian(seed, 0.5f, other, offset, offset + longer);
          assertThat(Arrays.copyOfRange(other, offset, offset + length)).containsExactly(one);
        });
  }

  @Test
  void onlyTheRangeIsFilled() {
    float[] target = new float[10];
    Seeds.gaussian(3, 1, target, 2, 7);

    for (int i = 0; i < target.length; i++) {
      assertThat(target[i] != 0).isEqualTo(i >= 2 && i < 7);
    }
  }

  @Test
  void drawsHaveMeanZeroAndTheVarianceAskedFor() {
    int n = 200_000;
    float[] drawn = new float[n];
    Seeds.gaussian(11, 3, drawn, 0, n);
    double sum = 0;
    double squares = 0;
    int withinOneDeviation = 0;
    for (float x : drawn) {
      sum += x;
      squares += (double) x * x;
      withinOneDeviation += Math.abs(x) < 3 ? 1 : 0;
    }

    // Five standard errors.
    assertThat(sum / n).isCloseTo(0, within(5 * 3 / Math.sqrt(n)));
    assertThat(squares / n).isCloseTo(9, within(5 * 9 * Math.sqrt(2.0 / n)));
    assertThat((double) withinOneDeviation / n).isCloseTo(0.6827, within(0.006));
  }

  @Test
  void neighbouringCoordinatesAndSeedsAreUncorrelated() {
    int n = 100_000;
    double coordinates = 0;
    double seeds = 0;
    float[] drawn = new float[2];
    float[] next = new float[2];
    for (int seed = 0; seed < n; seed++) {
      Seeds.gaussian(seed, 1, drawn, 0, 2);
      Seeds.gaussian(seed + 1, 1, next, 0, 2);
      coordinates += drawn[0] * drawn[1];
      seeds += drawn[0] * next[0];
    }

    assertThat(coordinates / n).isCloseTo(0, within(5 / Math.sqrt(n)));
    assertThat(seeds / n).isCloseTo(0, within(5 / Math.sqrt(n)));
  }

  @Test
  void eachBitOfSeedAndValueTurnsAboutHalfOfTheResult() {
    forAll(
        100,
        random -> {
          long seed = random.nextLong();
          long value = random.nextLong();
          long mixed = Seeds.mix(seed, value);
          int bit = random.nextInt(64);
          int bySeed = Long.bitCount(mixed ^ Seeds.mix(seed ^ 1L << bit, value));
          int byValue = Long.bitCount(mixed ^ Seeds.mix(seed, value ^ 1L << bit));
          assertThat(bySeed).isBetween(10, 54);
          assertThat(byValue).isBetween(10, 54);
        });
  }

  @Test
  void textsThatDifferMixDifferently() {
    Set<Long> mixed = new HashSet<>();
    String[] texts = {"", "\0", "a", "b", "ab", "ba", "a\0", "aa", "aaa", "user_id", "user_ie"};
    for (String text : texts) {
      mixed.add(Seeds.mix(1, text));
      mixed.add(Seeds.mix(2, text));
    }

    assertThat(mixed).hasSize(2 * texts.length);
  }

  @Test
  void uniformIsNeverZeroAndAtMostOne() {
    assertThat(Seeds.uniform(0)).isPositive();
    assertThat(Seeds.uniform(-1)).isEqualTo(1);
    forAll(
        100,
        random ->
            assertThat(Seeds.uniform(random.nextLong())).isGreaterThan(0).isLessThanOrEqualTo(1));
  }
}
