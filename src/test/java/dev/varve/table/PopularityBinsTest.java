package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PopularityBinsTest {
  private final PopularityBins bins = new PopularityBins();

  @Test
  void binsComeSortedWithTheFarthestOnes() {
    bins.add(7);
    bins.add(Long.MAX_VALUE);
    bins.add(-3, 5);
    bins.add(Long.MIN_VALUE);
    bins.add(7);

    assertThat(listed(bins))
        .containsExactly(
            Map.entry(Long.MIN_VALUE, 1L),
            Map.entry(-3L, 5L),
            Map.entry(7L, 2L),
            Map.entry(Long.MAX_VALUE, 1L));
  }

  @Test
  void aBinWithoutRowsIsNotListed() {
    bins.add(7);
    bins.remove(7);

    assertThat(listed(bins)).isEmpty();
  }

  @Test
  void whatLeavesAndEntersShowsWhenItIsSettled() {
    bins.add(1, 2);
    bins.leave(1);
    bins.enter(4);
    assertThat(listed(bins)).containsExactly(Map.entry(1L, 2L));

    bins.settle();
    assertThat(listed(bins)).containsExactly(Map.entry(1L, 1L), Map.entry(4L, 1L));

    bins.settle();
    assertThat(listed(bins)).containsExactly(Map.entry(1L, 1L), Map.entry(4L, 1L));
  }

  @Test
  void aRowMayEnterABinThatTheLastOneHasLeft() {
    bins.add(1);
    bins.leave(1);
    bins.enter(1);
    bins.settle();

    assertThat(listed(bins)).containsExactly(Map.entry(1L, 1L));
  }

  @Test
  void clearingForgetsAlsoWhatIsNotSettled() {
    bins.add(1);
    bins.leave(1);
    bins.enter(2);
    bins.clear();
    bins.settle();

    assertThat(listed(bins)).isEmpty();
  }

  @Test
  void theHistogramIsThatOfTheRowsAsTheyWereLastWrittenBack() {
    forAll(100, random -> new Run(random).steps(300));
  }

  /** A table of rows, some of them dirty, and the histogram that is kept beside it. */
  private static final class Run {
    private final RandomGenerator random;
    private final PopularityBins bins = new PopularityBins();
    private final List<Long> clean = new ArrayList<>();
    private final List<Long> written = new ArrayList<>();
    private final TreeMap<Long, Long> dirtyBefore = new TreeMap<>();
    private int dirty;

    Run(RandomGenerator random) {
      this.random = random;
    }

    void steps(int n) {
      for (int i = 0; i < n; i++) {
        step();
        assertThat(listed(bins)).containsExactlyElementsOf(expected().entrySet());
      }
    }

    private void step() {
      switch (random.nextInt(9)) {
        case 0 -> {
          long bin = anyBin();
          bins.add(bin);
          clean.add(bin);
        }
        case 1 -> {
          if (!clean.isEmpty()) {
            bins.remove(takeClean());
          }
        }
        case 2, 3, 4 -> {
          if (!clean.isEmpty()) {
            long bin = takeClean();
            bins.leave(bin);
            dirtyBefore.merge(bin, 1L, Long::sum);
            dirty++;
          }
        }
        case 5 -> dirty++; // a new row
        case 6, 7 -> writeBackOne();
        default -> settle();
      }
    }

    private void writeBackOne() {
      if (dirty > 0) {
        long bin = anyBin();
        bins.enter(bin);
        written.add(bin);
        dirty--;
      }
    }

    private void settle() {
      while (dirty > 0) {
        writeBackOne();
      }
      bins.settle();
      clean.addAll(written);
      written.clear();
      dirtyBefore.clear();
    }

    private Map<Long, Long> expected() {
      var expected = new TreeMap<>(dirtyBefore);
      clean.forEach(bin -> expected.merge(bin, 1L, Long::sum));
      return expected;
    }

    private long takeClean() {
      return clean.remove(random.nextInt(clean.size()));
    }

    private long anyBin() {
      return random.nextInt(20) == 0 ? random.nextLong() : random.nextLong(-5, 20);
    }
  }

  private static List<Map.Entry<Long, Long>> listed(PopularityBins bins) {
    var listed = new ArrayList<Map.Entry<Long, Long>>();
    bins.forEach((bin, rows) -> listed.add(Map.entry(bin, rows)));
    return listed;
  }
}
