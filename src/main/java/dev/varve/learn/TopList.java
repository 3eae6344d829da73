package dev.varve.learn;

import dev.varve.table.Popularity;
import java.util.Arrays;
import java.util.List;
import org.apache.datasketches.frequencies.ErrorType;
import org.apache.datasketches.frequencies.FrequentItemsSketch;

/**
 * The most popular categories of one feature, by name, in a sketch of {@value #COUNTERS} counters.
 *
 * <p>Decay is forward: an occurrence counts more the later it is in its generation, which is two
 * half-lives long. With a new generation the counters begin anew from what is left of those before.
 * Occurrences beyond the next generation may come from a wrong clock: they are not counted, until
 * {@value #MOST_AHEAD} come one after the other.
 *
 * <p><b>Threads:</b> any; they take turns.
 *
 * <p><b>Source:</b> Misra and Gries 1982 as in DataSketches: Anderson et al. 2017.
 */
final class TopList {
  private static final int MAP_SIZE = 1024;

  /** DataSketches fills three quarters of its map. */
  static final int COUNTERS = 768;

  static final int MOST_AHEAD = 16;

  /** Length of a generation. */
  private static final int HALF_LIVES = 2;

  /** What an occurrence counts at the end of a generation: a quarter of it at the start. */
  private static final double END_WEIGHT = 1 << 20;

  private static final long NONE = -1;

  private final Popularity decay;
  private final long spanMs;
  private FrequentItemsSketch<String> counts = new FrequentItemsSketch<>(MAP_SIZE);

  /** What a counter of an earlier generation may have lacked, in today's weight. */
  private double carriedError;

  private long generation = NONE;
  private long newestMs;
  private int ahead;

  /** The most occurrences that one has stood for. */
  private int mostTimes = 1;

  TopList(Popularity decay) {
    this.decay = decay;
    this.spanMs = HALF_LIVES * decay.halfLifeMs();
  }

  /**
   * Counts an occurrence of each.
   *
   * @param times how many occurrences it stands for
   */
  synchronized void add(List<String> names, long timeMs, int times) {
    if (!advance(timeMs)) {
      return;
    }
    newestMs = Math.max(newestMs, timeMs);
    mostTimes = Math.max(mostTimes, times);
    long weight = times * Math.round(END_WEIGHT * decay.decay((generation + 1) * spanMs - timeMs));
    if (weight > 0) {
      for (int i = 0; i < names.size(); i++) {
        counts.update(names.get(i), weight);
      }
    }
  }

  private boolean advance(long timeMs) {
    long of = Math.floorDiv(timeMs, spanMs);
    if (generation == NONE) {
      generation = of;
    } else if (of > generation) {
      if (of > generation + 1 && ++ahead < MOST_AHEAD) {
        return false;
      }
      begin(of);
    }
    ahead = 0;
    return true;
  }

  private void begin(long next) {
    double left = decay.decay((next - generation) * spanMs);
    FrequentItemsSketch<String> before = counts;
    counts = new FrequentItemsSketch<>(MAP_SIZE);
    for (var row : before.getFrequentItems(0, ErrorType.NO_FALSE_NEGATIVES)) {
      long carried = (long) (row.getLowerBound() * left);
      if (carried > 0) {
        counts.update(row.getItem(), carried);
      }
    }
    carriedError = (carriedError + before.getMaximumError()) * left + 1;
    generation = next;
  }

  /** The {@code n} most popular, falling, as of the newest occurrence. */
  synchronized TopCategories.Top top(String table, int n) {
    double scale = 1 / (END_WEIGHT * decay.decay((generation + 1) * spanMs - newestMs));
    return new TopCategories.Top(
        table,
        newestMs,
        Arrays.stream(counts.getFrequentItems(0, ErrorType.NO_FALSE_NEGATIVES))
            .limit(n)
            .map(row -> category(row, scale))
            .toList());
  }

  private TopCategories.Category category(FrequentItemsSketch.Row<String> row, double scale) {
    double popularity = row.getEstimate() * scale;
    // Each of the occurrences was drawn for mostTimes at most, and is worth 1 at most by now.
    double drawn = 2 * Math.sqrt((mostTimes - 1) * popularity);
    return new TopCategories.Category(
        row.getItem(),
        shown(popularity),
        shown(Math.max(0, row.getLowerBound() * scale - drawn)),
        shown((row.getUpperBound() + carriedError) * scale + drawn));
  }

  /** In thousandths: what weights lost by rounding does not show. */
  private static double shown(double popularity) {
    return Math.rint(popularity * 1_000) / 1_000;
  }
}
