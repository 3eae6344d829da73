package dev.varve.learn;

import dev.varve.base.Seeds;
import dev.varve.event.KeyedExample;
import dev.varve.schema.Feature;
import dev.varve.table.Popularity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The most popular categories of each feature by name, of what this process has learned since it
 * started. Rows know their categories by hash only; here the names are.
 *
 * <p>Of each partition the first {@value #ALL} examples count, then one of {@value #ONE_OF}, chosen
 * by its offset, for as many: to count all would take some 4 % of the time that an example takes. A
 * name that is not listed may be as popular as the bounds of those that are listed are wide.
 *
 * <p>Memory: at most {@value TopList#COUNTERS} names a feature, none longer than {@value
 * #LONGEST_NAME} characters; a longer one is not listed.
 *
 * <p><b>Threads:</b> any.
 */
public final class TopCategories {
  /** Most names that are listed. */
  public static final int MOST = 500;

  private static final int LONGEST_NAME = 256;
  private static final long ALL = 16_384;
  private static final int ONE_OF = 8;

  /**
   * The most popular categories of one feature.
   *
   * @param asOfMs event time at which popularities are meant, milliseconds since 1970-01-01 UTC
   * @param categories falling by popularity
   */
  public record Top(String table, long asOfMs, List<Category> categories) {
    public Top {
      categories = List.copyOf(categories);
    }
  }

  /**
   * A category.
   *
   * @param popularity occurrences, halved every half-life
   * @param lower what it is at least: always where all examples count, else in 39 of 40 cases
   * @param upper what it is at most, as surely
   */
  public record Category(String name, double popularity, double lower, double upper) {}

  private final Popularity decay;
  private final Map<String, TopList> lists = new ConcurrentHashMap<>();

  public TopCategories(Popularity decay) {
    this.decay = decay;
  }

  /**
   * Counts the categories of an example, if it is one of those that count.
   *
   * @param partition where the example was read
   * @param offset its place there
   */
  public void offer(KeyedExample example, int partition, long offset) {
    if (offset < ALL) {
      count(example, 1);
    } else if (Long.remainderUnsigned(Seeds.mix(partition, offset), ONE_OF) == 0) {
      count(example, ONE_OF);
    }
  }

  private void count(KeyedExample example, int times) {
    for (Feature feature : example.named()) {
      if (feature.getIdsCount() + feature.getIntIdsCount() > 0) {
        lists
            .computeIfAbsent(feature.getName(), _ -> new TopList(decay))
            .add(names(feature), example.eventTimeMs(), times);
      }
    }
  }

  private static List<String> names(Feature feature) {
    List<String> texts = feature.getIdsList();
    if (feature.getIntIdsCount() == 0 && areShort(texts)) {
      return texts;
    }
    List<String> names = new ArrayList<>(texts.size() + feature.getIntIdsCount());
    for (String text : texts) {
      if (text.length() <= LONGEST_NAME) {
        names.add(text);
      }
    }
    for (int i = 0; i < feature.getIntIdsCount(); i++) {
      names.add(Long.toString(feature.getIntIds(i)));
    }
    return names;
  }

  private static boolean areShort(List<String> texts) {
    for (int i = 0; i < texts.size(); i++) {
      if (texts.get(i).length() > LONGEST_NAME) {
        return false;
      }
    }
    return true;
  }

  /**
   * The {@code n} most popular categories of a table, at most {@value #MOST}; empty when nothing of
   * it was learned since the start.
   */
  public Optional<Top> top(String table, int n) {
    return Optional.ofNullable(lists.get(table)).map(list -> list.top(table, Math.min(n, MOST)));
  }
}
