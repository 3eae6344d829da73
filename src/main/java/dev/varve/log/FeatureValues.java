package dev.varve.log;

import dev.varve.log.Rules.Values;
import dev.varve.schema.Feature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the features of one name from texts. Features are immutable and popular categories recur,
 * so the last ones made are kept in a small direct-mapped cache: a hit saves building and, later,
 * measuring the UTF-8 of the message.
 */
final class FeatureValues {
  private static final int SLOTS = 1 << 12;
  private static final int LONGEST_KEPT_CHARS = 64;

  private final String name;
  private final Values values;
  private final @Nullable String[] keptTexts = new String[SLOTS];
  private final @Nullable Feature[] kept = new Feature[SLOTS];

  FeatureValues(String name, Values values) {
    this.name = name;
    this.values = values;
  }

  String name() {
    return name;
  }

  /**
   * The feature of a cell's text.
   *
   * @return null when the text is empty or holds no value
   * @throws RowRefused when it should be a number and is none
   */
  @Nullable Feature of(String text) {
    if (text.isEmpty()) {
      return null;
    }
    int hash = text.hashCode();
    int slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    Feature feature = kept[slot];
    if (feature == null || !text.equals(keptTexts[slot])) {
      feature = make(text);
      if (text.length() <= LONGEST_KEPT_CHARS && feature != null) {
        keptTexts[slot] = text;
        kept[slot] = feature;
      }
    }
    return feature;
  }

  /** The feature of several texts; null when there is none. */
  @Nullable Feature of(List<String> texts) {
    if (values.numerical()) {
      throw new RowRefused(name, texts.toString(), "one number");
    }
    int first = Math.max(0, texts.size() - values.last());
    var ids = texts.subList(first, texts.size());
    return ids.isEmpty() ? null : Feature.newBuilder().setName(name).addAllIds(ids).build();
  }

  private @Nullable Feature make(String text) {
    if (values.numerical()) {
      double value = Numbers.parse(text);
      if (Double.isNaN(value)) {
        throw new RowRefused(name, text, "a number");
      }
      return Feature.newBuilder().setName(name).setValue(value).build();
    }
    if (values.split() != null) {
      return of(Splitter.split(text, values.split()));
    }
    return Feature.newBuilder().setName(name).addIds(text).build();
  }
}
