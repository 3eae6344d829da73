package dev.varve.bench;

import dev.varve.bench.Categories.Category;
import dev.varve.bench.FollowReport.Followed;
import dev.varve.bench.FollowedTable.Came;
import dev.varve.layout.Layouts;
import dev.varve.layout.TableRule;
import dev.varve.schema.Layout;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The updates of one shard: compares the dimension that each occurrence found with the one that its
 * category's next hour earns.
 *
 * <p>{@code n} occurrences in the hour behind it would keep up a popularity of {@code n / 1 h *
 * half-life / ln 2}, and what the layout in force gives a row of that popularity is what the
 * category has earned. A category lives on one shard, so its updates tell all of its occurrences.
 *
 * <p>Trainers send their micro-batches side by side: updates wait for an hour of event time, and
 * are then taken in the order of time.
 *
 * <p><b>Units:</b> milliseconds of event time.
 *
 * <p><b>Threads:</b> one.
 */
final class FollowedShard {
  private static final long HOUR_MS = HourlyOracle.HOUR_MS;

  /** How far out of the order of time an update may come. */
  private static final long DISORDER_MS = HOUR_MS;

  private final Popularity decay;
  private final long warmUpMs;
  private final double perOccurrence;
  private final HourlyOracle oracle;
  private final Map<String, FollowedTable> tables = new HashMap<>();

  /** Updates that earlier ones may still come before. */
  private final PriorityQueue<Seen> unordered = new PriorityQueue<>();

  /** Those in the order of time whose next hour is not over. */
  private final ArrayDeque<Seen> pending = new ArrayDeque<>();

  private final Map<Long, Layout> layouts = new HashMap<>();
  private Layout layout;
  private Map<String, TableRule> rules = new HashMap<>();

  /** The one that is made once for all: that in force at the end of the warm-up. */
  private @Nullable Layout fixed;

  /** When each category occurred first, in the order of time. */
  private long[] firstMs = new long[1024];

  private int categories;
  private long received;
  private long newestMs;
  private long nowMs;
  private long beginMs = -1;
  private long judged;
  private long late;

  /**
   * @param baseDimension of the first layout
   * @param warmUp event time from the shard's first update on that is not judged
   */
  FollowedShard(int baseDimension, Popularity decay, Duration warmUp, HourlyOracle oracle) {
    this.oracle = oracle;
    this.layout = Layouts.first(baseDimension);
    this.decay = decay;
    this.warmUpMs = warmUp.toMillis();
    this.perOccurrence = (double) decay.halfLifeMs() / HOUR_MS / Math.log(2);
  }

  /** A row of an update. */
  private static final class Seen implements Comparable<Seen> {
    private final FollowedTable table;
    private final Category category;
    private final int occurrences;
    private final int dimension;
    private final Layout layout;
    private final TableRule rule;
    private final long order;
    private long timeMs;

    /** Occurrences of the category up to and with these. */
    private long counted;

    /** Popularity of the category before these. */
    private double popularity;

    Seen(
        FollowedTable table,
        Category category,
        int occurrences,
        int dimension,
        Layout layout,
        TableRule rule,
        long order,
        long timeMs) {
      this.table = table;
      this.category = category;
      this.occurrences = occurrences;
      this.dimension = dimension;
      this.layout = layout;
      this.rule = rule;
      this.order = order;
      this.timeMs = timeMs;
    }

    @Override
    public int compareTo(Seen other) {
      int byTime = Long.compare(timeMs, other.timeMs);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  /** Takes the shard's next update batch. */
  void take(UpdateBatch batch) {
    if (batch.hasLayout()) {
      follow(batch.getLayout());
      return;
    }
    for (TableUpdate update : batch.getTablesList()) {
      take(update, batch.getEventTimeMs());
    }
    while (!unordered.isEmpty() && unordered.peek().timeMs <= newestMs - DISORDER_MS) {
      enter(unordered.remove());
    }
  }

  private void follow(Layout next) {
    if (next.getVersion() > layout.getVersion()) {
      layout = next;
      rules = new HashMap<>();
      layouts.put(next.getVersion(), next);
    }
  }

  private void take(TableUpdate update, long batchMs) {
    String name = update.getTable();
    FollowedTable table = tables.computeIfAbsent(name, _ -> begin(name));
    TableRule rule = rules.computeIfAbsent(name, _ -> TableRule.of(layout, name));
    List<Integer> dimensions =
        update.getFoundCount() > 0 ? update.getFoundList() : update.getDimensionsList();
    for (int i = 0; i < update.getKeysCount(); i++) {
      int dimension = dimensions.isEmpty() ? layout.getBaseDimension() : dimensions.get(i);
      long timeMs = batchMs + update.getEventTimeOffsetsMs(i);
      Category category = table.category(update.getKeys(i));
      int n = update.getOccurrences(i);
      unordered.add(new Seen(table, category, n, dimension, layout, rule, received, timeMs));
      received++;
      newestMs = Math.max(newestMs, timeMs);
    }
  }

  private FollowedTable begin(String name) {
    var table = new FollowedTable(name, decay, oracle);
    Layout once = fixed;
    if (once != null) {
      table.fix(once, nowMs);
    }
    return table;
  }

  /** In the order of time. */
  private void enter(Seen seen) {
    if (seen.timeMs < nowMs) {
      late += seen.occurrences;
      seen.timeMs = nowMs;
    }
    nowMs = seen.timeMs;
    beginMs = beginMs < 0 ? nowMs : beginMs;
    while (!pending.isEmpty() && pending.getFirst().timeMs + HOUR_MS < nowMs) {
      judge(pending.removeFirst());
    }
    if (fixed == null && nowMs - beginMs >= warmUpMs) {
      warm(seen.layout);
    }
    if (seen.category.occurrences() == 0) {
      isNew();
    }
    seen.popularity = seen.table.popularity(seen.category, nowMs);
    seen.table.count(seen.category, seen.occurrences, nowMs);
    if (fixed != null) {
      seen.counted = seen.category.occurrences();
      pending.add(seen);
    }
  }

  private void isNew() {
    if (categories == firstMs.length) {
      firstMs = Arrays.copyOf(firstMs, 2 * categories);
    }
    firstMs[categories++] = nowMs;
  }

  private void warm(Layout inForce) {
    fixed = inForce;
    tables.values().forEach(table -> table.fix(inForce, nowMs));
  }

  private void judge(Seen seen) {
    long n = seen.category.occurrences() - seen.counted;
    boolean isFirst = seen.counted == seen.occurrences;
    seen.table.judge(
        new Came(
            seen.category, seen.rule, seen.dimension, seen.occurrences, isFirst, seen.popularity),
        n * perOccurrence,
        seen.timeMs + HOUR_MS);
    judged += seen.occurrences;
  }

  /** Nothing more comes: judges those whose next hour the log has to its end. */
  void end() {
    while (!unordered.isEmpty()) {
      enter(unordered.remove());
    }
    while (!pending.isEmpty() && pending.getFirst().timeMs + HOUR_MS <= nowMs) {
      judge(pending.removeFirst());
    }
  }

  Map<String, Followed> followed() {
    Map<String, Followed> followed = new HashMap<>();
    tables.forEach((name, table) -> followed.put(name, table.followed()));
    return followed;
  }

  long judged() {
    return judged;
  }

  /** Occurrences behind the warm-up that were not judged; known at the end. */
  long unjudged() {
    return pending.stream().mapToLong(seen -> seen.occurrences).sum();
  }

  /** How many categories had occurred by a time. */
  long categories(long ms) {
    int low = 0;
    int high = categories;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (firstMs[middle] <= ms) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  long late() {
    return late;
  }

  /** Layouts that it was given, by version. */
  Map<Long, Layout> layouts() {
    return layouts;
  }
}
