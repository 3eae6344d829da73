package dev.varve.store;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.table.Popularity;
import dev.varve.testing.LogLines;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class CategorySketchTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long START_MS = 1_700_000_000_000L;
  private static final Popularity HOURLY = new Popularity(HOUR_MS);
  private static final long GENERATION_MS = SketchGenerations.HALF_LIVES * HOUR_MS;

  /** What is below, and what a commit puts there. */
  private final NavigableMap<byte[], byte[]> below = new TreeMap<>(Arrays::compareUnsigned);

  private void writeBack(CategorySketch sketch) {
    sketch.writeBack(
        (key, value) -> {
          if (value == null) {
            assertThat(below.remove(key)).as("deleted").isNotNull();
          } else {
            assertThat(value).hasSizeLessThanOrEqualTo(512 << 10);
            below.put(key, value);
          }
        });
  }

  private CategorySketch restored(long bytes) {
    var sketch = new CategorySketch(HOURLY, bytes);
    below
        .subMap(CategorySketch.FIRST_KEY, true, CategorySketch.LAST_KEY, true)
        .forEach(sketch::restore);
    return sketch;
  }

  /** An occurrence. */
  private record Seen(int table, long key, int occurrences, long timeMs) {
    void addTo(CategorySketch sketch) {
      sketch.add(table, key, occurrences, timeMs);
    }

    long generation() {
      return timeMs / GENERATION_MS;
    }

    /** What is left of it at a time; no time is more than some dozen half-lives away. */
    double leftAt(long now) {
      return occurrences * StrictMath.pow(2, (double) (timeMs - now) / HOUR_MS);
    }
  }

  /** Categories of few tables by Zipf's law, at times that mostly rise. */
  private static List<Seen> zipf(RandomGenerator random, int n, long stepMs) {
    List<Seen> stream = new ArrayList<>(n);
    long nowMs = START_MS;
    for (int i = 0; i < n; i++) {
      nowMs += random.nextLong(2 * stepMs);
      long lateMs = random.nextInt(10) == 0 ? random.nextInt((int) HOUR_MS) : 0;
      long key = ((long) StrictMath.pow(20_000, random.nextDouble())) * 1_000_003;
      stream.add(new Seen(random.nextInt(3), key, 1 + random.nextInt(3), nowMs - lateMs));
    }
    return stream;
  }

  private static Map<List<Long>, Double> exact(List<Seen> stream, long now, long fromGeneration) {
    Map<List<Long>, Double> counts = new HashMap<>();
    for (Seen seen : stream) {
      double left = seen.generation() >= fromGeneration ? seen.leftAt(now) : 0;
      counts.merge(List.of((long) seen.table, seen.key), left, Double::sum);
    }
    return counts;
  }

  @Test
  void anEstimateIsTheDecayedCountAndAtMostTheErrorBoundMore() {
    forAll(
        6,
        random -> {
          // Half a half-life, or some five generations.
          List<Seen> stream = zipf(random, 50_000, random.nextBoolean() ? 40 : 3_000);
          var sketch = new CategorySketch(HOURLY, 128 << 10);
          stream.forEach(seen -> seen.addTo(sketch));
          long newest = stream.stream().mapToLong(Seen::generation).max().orElseThrow();
          long now = stream.getLast().timeMs + random.nextLong(2 * HOUR_MS);

          double bound = sketch.errorBound(now);
          var all = exact(stream, now, 0);
          var held = exact(stream, now, newest - 1);
          int beyond = 0;
          for (var category : all.entrySet()) {
            double estimate =
                sketch.estimate(
                    category.getKey().getFirst().intValue(), category.getKey().getLast(), now);
            assertThat(estimate)
                .isGreaterThanOrEqualTo(held.getOrDefault(category.getKey(), 0.0) * 0.9995);
            beyond += estimate > category.getValue() * 1.0005 + bound ? 1 : 0;
          }
          assertThat(beyond).isLessThanOrEqualTo(all.size() * 4 / 100);
        });
  }

  @Test
  void whatTheErrorBoundAllowsShrinksWithTheMemory() {
    var small = new CategorySketch(HOURLY, 16 << 10);
    var large = new CategorySketch(HOURLY, 128 << 10);
    small.add(0, 1, 100, START_MS);
    large.add(0, 1, 100, START_MS);

    assertThat(small.errorBound(START_MS)).isCloseTo(100 * Math.E / 256, within(0.1));
    assertThat(large.errorBound(START_MS)).isCloseTo(100 * Math.E / 2048, within(0.02));
    assertThat(small.errorBound(START_MS + HOUR_MS))
        .isCloseTo(small.errorBound(START_MS) / 2, within(1e-9));
    assertThat(small.bytes()).isEqualTo(16 << 10);
  }

  @Test
  void theSameKeyOfTwoTablesIsTwoCategories() {
    var sketch = new CategorySketch(HOURLY, 128 << 10);
    sketch.add(1, 7, 5, START_MS);

    assertThat(sketch.estimate(1, 7, START_MS)).isCloseTo(5, within(5e-3));
    assertThat(sketch.estimate(2, 7, START_MS)).isZero();
  }

  @Test
  void countsGoOnOverAGenerationAndEndWithTheNextButOne() {
    var sketch = new CategorySketch(HOURLY, 128 << 10);
    long begin = START_MS / GENERATION_MS * GENERATION_MS;
    sketch.add(0, 1, 1_000, begin + GENERATION_MS - 1);
    sketch.add(0, 2, 1, begin + GENERATION_MS);

    assertThat(sketch.estimate(0, 1, begin + GENERATION_MS + HOUR_MS)).isCloseTo(500, within(0.3));
    sketch.add(0, 1, 100, begin + GENERATION_MS - HOUR_MS); // late
    assertThat(sketch.estimate(0, 1, begin + GENERATION_MS)).isCloseTo(1_050, within(0.6));
    assertThat(sketch.estimate(0, 1, begin + GENERATION_MS - HOUR_MS))
        .isCloseTo(2_100, within(1.2));

    sketch.add(0, 2, 1, begin + 2 * GENERATION_MS);
    assertThat(sketch.estimate(0, 1, begin + 2 * GENERATION_MS)).isZero();
    assertThat(sketch.estimate(0, 2, begin + 2 * GENERATION_MS))
        .isCloseTo(1 + 1.0 / 256, within(1e-3));
    sketch.add(0, 3, 1_000_000, begin); // two generations late: 16 half-lives
    assertThat(sketch.estimate(0, 3, begin + 2 * GENERATION_MS)).isCloseTo(15.26, within(0.1));
  }

  @Test
  void oneEventFarAheadDropsNothingManyInARowDo() {
    var sketch = new CategorySketch(HOURLY, 128 << 10);
    sketch.add(0, 1, 10, START_MS);
    long far = START_MS + 1_000 * GENERATION_MS;
    for (int i = 0; i < 100; i++) {
      sketch.add(0, 2, 1, far);
      sketch.add(0, 1, 1, START_MS);
    }
    assertThat(sketch.estimate(0, 1, START_MS)).isCloseTo(110, within(0.1));
    assertThat(sketch.estimate(0, 2, START_MS)).isGreaterThanOrEqualTo(99.9);

    for (int i = 0; i < SketchGenerations.MOST_AHEAD; i++) {
      sketch.add(0, 3, 1, far);
    }
    assertThat(sketch.estimate(0, 3, far)).isCloseTo(1, within(1e-3));
    assertThat(sketch.estimate(0, 1, far)).isZero();
  }

  @Test
  void theLatestEventTimeThereIsCounts() {
    var sketch = new CategorySketch(new Popularity(3_650L * 24 * HOUR_MS), 128 << 10);
    long last = 253_402_300_799_999L;
    sketch.add(0, 1, Integer.MAX_VALUE, last);

    assertThat(sketch.estimate(0, 1, last))
        .isCloseTo(Integer.MAX_VALUE, within(Integer.MAX_VALUE / 2_000.0));
  }

  @Test
  void aRestoredSketchIsTheSameToTheBitAndGoesOnTheSame() {
    forAll(
        30,
        random -> {
          below.clear();
          // So small that sketches are put too; some with a chunk, some with several.
          long bytes = random.nextBoolean() ? 16 << 10 : 1536 << 10;
          var never = new CategorySketch(HOURLY, bytes);
          CategorySketch sketch = restored(bytes);
          int commits = 2 + random.nextInt(12);
          for (int commit = 0; commit < commits; commit++) {
            int n = random.nextInt((int) (bytes / 20));
            List<Seen> counted = zipf(random, n, 1 + random.nextInt(20_000));
            if (random.nextInt(4) == 0) {
              // A crash takes all puts of its transaction with it, and the log is read again.
              var committed = new TreeMap<>(below);
              for (Seen seen : counted) {
                seen.addTo(sketch);
              }
              writeBack(sketch);
              below.clear();
              below.putAll(committed);
              sketch = restored(bytes);
            }
            for (Seen seen : counted) {
              seen.addTo(never);
              seen.addTo(sketch);
            }
            writeBack(sketch);
            if (random.nextBoolean()) {
              sketch = restored(bytes);
            }
            assertThat(sketch.contents()).isEqualTo(never.contents());
            assertThat(below.values().stream().mapToLong(value -> value.length).sum())
                .isLessThan(2 * bytes + 1_000);
          }
          assertThat(restored(bytes).contents()).isEqualTo(never.contents());
        });
  }

  @Test
  void whatDidNotFitTheJournalOfACommitIsPutWithTheSketches() {
    var sketch = new CategorySketch(HOURLY, 16 << 10);
    zipf(new SplittableRandom(1), 10_000, 100).forEach(seen -> seen.addTo(sketch));
    writeBack(sketch);

    assertThat(below).hasSize(2);
    assertThat(restored(16 << 10).contents()).isEqualTo(sketch.contents());
  }

  @Test
  void aLongJournalOfOneCommitIsSeveralRecords() {
    var sketch = new CategorySketch(HOURLY, 4 << 20);
    zipf(new SplittableRandom(1), 60_000, 100).forEach(seen -> seen.addTo(sketch));
    writeBack(sketch);

    assertThat(below).hasSize(3); // the header and two of at most 512 KiB
    assertThat(restored(4 << 20).contents()).isEqualTo(sketch.contents());
  }

  @Test
  void aCommitWithoutNewCountsPutsNothing() {
    var sketch = new CategorySketch(HOURLY, 128 << 10);
    writeBack(sketch);
    assertThat(below).isEmpty();

    sketch.add(0, 1, 1, START_MS);
    writeBack(sketch);
    int size = below.size();
    writeBack(sketch);
    assertThat(below).hasSize(size);
  }

  @Test
  void countsOfAnotherSizeBeginAnewAndAreDeleted() {
    var large = new CategorySketch(HOURLY, 2 << 20);
    for (int commit = 0; commit < 8; commit++) {
      zipf(new SplittableRandom(commit), 40_000, 100).forEach(seen -> seen.addTo(large));
      writeBack(large);
    }
    assertThat(below).hasSizeGreaterThan(6);

    try (var log = new LogLines(CategorySketch.class)) {
      CategorySketch small = restored(64 << 10);
      assertThat(log.all())
          .singleElement()
          .asString()
          .contains("begin anew", "2097152 bytes", "65536 bytes");
      assertThat(small.contents()).isEqualTo(new CategorySketch(HOURLY, 64 << 10).contents());
      small.add(0, 1, 1, START_MS);
      writeBack(small);
      assertThat(below).hasSize(2);
      assertThat(restored(64 << 10).contents()).isEqualTo(small.contents());
      assertThat(log.all()).hasSize(1);
    }
  }

  @Test
  void countsOfAnotherHalfLifeBeginAnew() {
    var hourly = new CategorySketch(HOURLY, 64 << 10);
    hourly.add(0, 1, 5, START_MS);
    writeBack(hourly);

    var daily = new CategorySketch(new Popularity(24 * HOUR_MS), 64 << 10);
    try (var log = new LogLines(CategorySketch.class)) {
      below.forEach(daily::restore);
      assertThat(log.all()).singleElement().asString().contains("begin anew", "3600000 ms");
    }
    assertThat(daily.estimate(0, 1, START_MS)).isZero();
  }

  @Test
  void whatTheFirstVersionWroteIsRead() {
    var hex = HexFormat.of();
    below.put(
        hex.parseHex("fffffe00" + "0000000000000000"),
        hex.parseHex(
            "01" + "0000000000010000" + "000000000036ee80" + "00000000" + "0000000000000005"));
    below.put(
        hex.parseHex("fffffe02" + "0000000000000005"),
        // Key 7 of table 300, three times at 1,700,000,000,000; key -1 of table 0, once a second
        // before.
        hex.parseHex(
            "0000000000000007"
                + "ac02"
                + "03"
                + "80a0abfef962"
                + "ffffffffffffffff"
                + "00"
                + "01"
                + "cf0f"));
    CategorySketch sketch = restored(64 << 10);

    assertThat(sketch.estimate(300, 7, START_MS)).isCloseTo(3, within(3e-3));
    assertThat(sketch.estimate(0, -1, START_MS - 1_000)).isCloseTo(1, within(1e-3));
  }
}
