package dev.varve.bench;

import dev.varve.table.Popularity;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * The categories of one table of one shard, each counted exactly.
 *
 * <p><b>Units:</b> milliseconds of event time.
 *
 * <p><b>Threads:</b> one.
 */
final class Categories {
  private final Popularity decay;
  private final Map<Long, Category> byKey = new HashMap<>();

  Categories(Popularity decay) {
    this.decay = decay;
  }

  /** What is counted of a category. */
  static final class Category {
    private final long key;
    private long occurrences;
    private double popularity;
    private long timeMs;

    /** The dimension that a layout made once has given it. */
    private int fixed;

    private Category(long key) {
      this.key = key;
    }

    long key() {
      return key;
    }

    /** Since the log began; never decays. */
    long occurrences() {
      return occurrences;
    }

    int fixed() {
      return fixed;
    }

    void fix(int dimension) {
      fixed = dimension;
    }
  }

  Category get(long key) {
    return byKey.computeIfAbsent(key, Category::new);
  }

  Collection<Category> all() {
    return byKey.values();
  }

  void count(Category category, int n, long timeMs) {
    category.occurrences += n;
    category.popularity = decay.added(category.popularity, category.timeMs, n, timeMs);
    category.timeMs = Math.max(category.timeMs, timeMs);
  }

  /** The popularity by what is counted so far. */
  double popularity(Category category, long atMs) {
    return category.popularity * decay.decay(Math.max(0, atMs - category.timeMs));
  }

  /** The bin of the census that it stands in, however late it is looked at. */
  long bin(Category category) {
    return decay.bin(category.popularity, category.timeMs);
  }
}
