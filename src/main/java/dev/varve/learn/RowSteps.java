package dev.varve.learn;

/**
 * Steps rows that are in this process, for a trainer that sends no messages.
 *
 * <p><b>Threads:</b> any.
 */
public interface RowSteps {
  /**
   * Counts the occurrences of rows of one table in one shard, and steps them.
   *
   * @param columns good during the call
   */
  void step(int shard, String table, Columns columns);

  /**
   * What happened to rows, by row.
   *
   * <p><b>Threads:</b> one; reused.
   */
  final class Columns {
    long[] categories = {};
    int[] occurrences = {};
    long[] timesMs = {};
    int[] at = {};
    float[] gradients = {};
    int size;

    Columns() {}

    void begin(int most, float[] ofRows) {
      if (categories.length < most) {
        categories = new long[2 * most];
        occurrences = new int[2 * most];
        timesMs = new long[2 * most];
        at = new int[2 * most];
      }
      gradients = ofRows;
      size = 0;
    }

    void add(long category, int times, long latestMs, int gradientAt) {
      categories[size] = category;
      occurrences[size] = times;
      timesMs[size] = latestMs;
      at[size++] = gradientAt;
    }

    /** Number of rows. */
    public int size() {
      return size;
    }

    /** Categories; only the first {@link #size} count, here and in what follows. */
    public long[] categories() {
      return categories;
    }

    public int[] occurrences() {
      return occurrences;
    }

    /** Event time of the latest occurrence of each. */
    public long[] timesMs() {
      return timesMs;
    }

    /** Where the {@link Gradient} of each begins, fit for its row; negative for none. */
    public int[] at() {
      return at;
    }

    public float[] gradients() {
      return gradients;
    }
  }
}
