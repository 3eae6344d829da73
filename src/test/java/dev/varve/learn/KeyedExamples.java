package dev.varve.learn;

import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.KeyedExample;
import dev.varve.schema.Feature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Builds examples over a few features: categorical c0, c1, ... and numerical n0, n1, ... */
final class KeyedExamples {
  static final long NOW_MS = 1_700_000_000_000L;
  private static final int CATEGORICAL = 5;
  private static final int NUMERICAL = 2;

  private KeyedExamples() {}

  /** Indexes 0 to 4 are categorical, 5 and 6 numerical. */
  static FeatureSet features() {
    var features = new FeatureSet(new FeaturesConfig(100, false, Map.of()));
    for (int i = 0; i < CATEGORICAL; i++) {
      features.restore("c" + i, FeatureKind.CATEGORICAL);
    }
    for (int i = 0; i < NUMERICAL; i++) {
      features.restore("n" + i, FeatureKind.NUMERICAL);
    }
    return features;
  }

  static Builder example() {
    return new Builder();
  }

  /** Any features, few or none; categories below {@code categories}, each once in a feature. */
  static KeyedExample random(RandomGenerator random, int categories) {
    var example =
        example().label(random.nextBoolean() ? 1 : 0).timeMs(NOW_MS + random.nextInt(9_999));
    for (int feature = 0; feature < CATEGORICAL; feature++) {
      if (random.nextInt(4) > 0) {
        int count = feature < 3 ? 1 : random.nextInt(1, 5);
        example.categories(
            feature,
            random.longs(0, categories).distinct().limit(Math.min(count, categories)).toArray());
      }
    }
    for (int feature = CATEGORICAL; feature < CATEGORICAL + NUMERICAL; feature++) {
      if (random.nextBoolean()) {
        example.number(feature, (float) random.nextGaussian());
      }
    }
    return example.build();
  }

  static final class Builder {
    private long timeMs = NOW_MS;
    private float label = 1;
    private float weight = 1;
    private float negativesKept = 1;
    private boolean isCorrection;
    private @Nullable Float predicted;
    private final List<Integer> fields = new ArrayList<>();
    private final List<Integer> ends = new ArrayList<>();
    private final List<Long> keys = new ArrayList<>();
    private final List<Integer> numericals = new ArrayList<>();
    private final List<Float> values = new ArrayList<>();
    private final List<Feature> named = new ArrayList<>();

    Builder timeMs(long time) {
      timeMs = time;
      return this;
    }

    Builder label(float value) {
      label = value;
      return this;
    }

    Builder weight(float value) {
      weight = value;
      return this;
    }

    Builder negativesKept(float share) {
      negativesKept = share;
      return this;
    }

    Builder correction() {
      isCorrection = true;
      return this;
    }

    Builder predicted(float logit) {
      predicted = logit;
      return this;
    }

    Builder categories(int feature, long... categories) {
      for (long category : categories) {
        keys.add(category);
      }
      fields.add(feature);
      ends.add(keys.size());
      return this;
    }

    Builder number(int feature, float value) {
      numericals.add(feature);
      values.add(value);
      return this;
    }

    /** A feature as it came, beside what it became. */
    Builder named(Feature feature) {
      named.add(feature);
      return this;
    }

    KeyedExample build() {
      float[] numbers = new float[values.size()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = values.get(i);
      }
      return new KeyedExample(
          timeMs,
          label,
          weight,
          negativesKept,
          isCorrection,
          predicted,
          ints(fields),
          ints(ends),
          longs(keys),
          ints(numericals),
          numbers,
          named);
    }

    private static int[] ints(List<Integer> values) {
      return values.stream().mapToInt(Integer::intValue).toArray();
    }

    private static long[] longs(List<Long> values) {
      return values.stream().mapToLong(Long::longValue).toArray();
    }
  }
}
