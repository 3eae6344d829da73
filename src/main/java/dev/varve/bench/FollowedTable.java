package dev.varve.bench;

import dev.varve.bench.Categories.Category;
import dev.varve.bench.FollowReport.Followed;
import dev.varve.bench.FollowReport.Judged;
import dev.varve.bench.FollowReport.Miss;
import dev.varve.layout.TableRule;
import dev.varve.schema.Layout;
import dev.varve.table.Popularity;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One table of one shard: its categories, and how well their dimensions followed.
 *
 * <p><b>Threads:</b> one.
 */
final class FollowedTable {
  private final String name;
  private final Categories categories;
  private final HourlyOracle oracle;
  private final Tally byRate = new Tally();
  private final Tally byOracle = new Tally();
  private @Nullable TableRule fixedRule;

  FollowedTable(String name, Popularity decay, HourlyOracle oracle) {
    this.name = name;
    this.categories = new Categories(decay);
    this.oracle = oracle;
  }

  /**
   * Occurrences of a category, as they came.
   *
   * @param rule of the layout in force
   * @param dimension that they found
   * @param n how many they are
   * @param isFirst whether there were none before
   * @param popularity before them
   */
  record Came(
      Category category, TableRule rule, int dimension, int n, boolean isFirst, double popularity) {
    /** The dimension that the rule gives the popularity of then. */
    int ruled() {
      return rule.dimension(category.key(), 0, popularity);
    }
  }

  private static final class Tally {
    private Hits live = Hits.NONE;
    private Hits instant = Hits.NONE;
    private Hits fixed = Hits.NONE;
    private final EnumMap<Miss, Long> misses = new EnumMap<>(Miss.class);
    private final TreeMap<Integer, TreeMap<Integer, Long>> byFound = new TreeMap<>();

    /**
     * @param rule of the layout in which levels are counted
     */
    void add(Came came, TableRule rule, int earned) {
      int n = came.n;
      boolean isHit = isWithinOne(rule, came.dimension, earned);
      live = live.plus(n, isHit, came.dimension == earned);
      instant = instant.plus(n, isWithinOne(rule, came.ruled(), earned), came.ruled() == earned);
      byFound
          .computeIfAbsent(came.dimension, _ -> new TreeMap<>())
          .merge(earned, (long) n, Long::sum);
      if (!isHit) {
        misses.merge(miss(came, rule), (long) n, Long::sum);
      }
    }

    private static Miss miss(Came came, TableRule rule) {
      if (came.isFirst) {
        return Miss.FIRST;
      }
      int ruled = came.ruled();
      if (!isWithinOne(came.rule, came.dimension, ruled)) {
        return came.dimension < ruled ? Miss.BELOW_RULE : Miss.ABOVE_RULE;
      }
      int now = rule.dimension(came.category.key(), 0, came.popularity);
      return isWithinOne(rule, came.dimension, now) ? Miss.POPULARITY : Miss.THRESHOLDS;
    }

    void addFixed(TableRule rule, int dimension, int earned, int n) {
      fixed = fixed.plus(n, isWithinOne(rule, dimension, earned), dimension == earned);
    }

    /** A dimension that the layout has not is a level of its own. */
    private static boolean isWithinOne(TableRule rule, int dimension, int earned) {
      int low = Math.min(dimension, earned);
      int high = Math.max(dimension, earned);
      int next = rule.above(low);
      return next == low || next >= high;
    }

    Judged judged() {
      return new Judged(live, instant, fixed, Map.copyOf(misses), byFound);
    }
  }

  Category category(long key) {
    Category category = categories.get(key);
    TableRule rule = fixedRule;
    if (category.occurrences() == 0 && rule != null) {
      category.fix(rule.dimension(key, 0, 0));
    }
    return category;
  }

  void count(Category category, int n, long timeMs) {
    categories.count(category, n, timeMs);
  }

  double popularity(Category category, long atMs) {
    return categories.popularity(category, atMs);
  }

  /** Gives every category the dimension that it has from now on under a layout made once. */
  void fix(Layout layout, long nowMs) {
    TableRule rule = TableRule.of(layout, name);
    fixedRule = rule;
    for (Category category : categories.all()) {
      category.fix(rule.dimension(category.key(), 0, popularity(category, nowMs)));
    }
  }

  /**
   * Judges occurrences an hour later.
   *
   * @param rate popularity that the hour's occurrences would keep up
   * @param laterMs the end of that hour; nothing later is counted yet
   */
  void judge(Came came, double rate, long laterMs) {
    TableRule once = fixedRule;
    if (once == null) {
      throw new IllegalStateException("layout made once: none yet (expected: behind the warm-up)");
    }
    Category category = came.category;
    byRate.add(came, came.rule, came.rule.dimension(category.key(), 0, rate));
    byRate.addFixed(once, category.fixed(), once.dimension(category.key(), 0, rate), came.n);
    Optional<TableRule> best = oracle.rule(name, laterMs);
    if (best.isPresent()) {
      TableRule rule = best.get();
      int earned = rule.dimension(category.key(), 0, popularity(category, laterMs));
      byOracle.add(came, rule, earned);
      byOracle.addFixed(rule, category.fixed(), earned, came.n);
    }
  }

  Followed followed() {
    return new Followed(byRate.judged(), byOracle.judged());
  }
}
