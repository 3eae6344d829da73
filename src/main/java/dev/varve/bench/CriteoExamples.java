package dev.varve.bench;

import dev.varve.base.Seeds;
import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.KeyedExample;
import dev.varve.event.RefusedEventException;
import dev.varve.log.ZipfSampler;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Synthetic examples of the shape of Criteo's Kaggle logs: 26 categorical features of their
 * cardinalities, capped, and 13 numerical ones. Categories follow Zipf's law; labels are random, a
 * quarter of them clicks.
 *
 * <p><b>Threads:</b> any; nothing here changes.
 */
final class CriteoExamples {
  /** Distinct values of C1 to C26 in the training set of the Display Advertising Challenge. */
  private static final int[] CARDINALITIES = {
    1_460,
    583,
    10_131_227,
    2_202_608,
    305,
    24,
    12_517,
    633,
    3,
    93_145,
    5_683,
    8_351_593,
    3_194,
    27,
    14_992,
    5_461_306,
    10,
    5_652,
    2_173,
    4,
    7_046_547,
    18,
    15,
    286_181,
    105,
    142_572
  };

  private static final int NUMERICALS = 13;
  private static final double CLICKS = 0.25;

  private final double zipf;
  private final long seed;
  private final FeatureSet features = new FeatureSet(FeaturesConfig.defaults());
  private final List<String> names = new ArrayList<>();
  private final List<long[]> categories = new ArrayList<>();
  private final int[] fields = new int[CARDINALITIES.length];
  private final int[] ends = new int[CARDINALITIES.length];
  private final int[] numericals = new int[NUMERICALS];

  /**
   * @param most categories that a feature has
   */
  CriteoExamples(int most, double zipf, long seed) {
    this.zipf = zipf;
    this.seed = seed;
    for (int i = 0; i < fields.length; i++) {
      String name = "C" + (i + 1);
      fields[i] = index(name, FeatureKind.CATEGORICAL);
      ends[i] = i + 1;
      names.add(name);
      long[] keys = new long[Math.min(most, CARDINALITIES[i])];
      for (int rank = 0; rank < keys.length; rank++) {
        keys[rank] = Seeds.mix(Seeds.mix(seed, i), rank);
      }
      categories.add(keys);
    }
    for (int i = 0; i < NUMERICALS; i++) {
      numericals[i] = index("I" + (i + 1), FeatureKind.NUMERICAL);
    }
  }

  private int index(String name, FeatureKind kind) {
    try {
      return features.get(name, kind).index();
    } catch (RefusedEventException e) {
      throw new IllegalStateException(e);
    }
  }

  FeatureSet features() {
    return features;
  }

  /** Names of the tables. */
  List<String> names() {
    return names;
  }

  /** The categories of each table. */
  List<long[]> categories() {
    return categories;
  }

  /** Rows of tables with so many categories at most. */
  static long rows(int most) {
    long rows = 0;
    for (int cardinality : CARDINALITIES) {
      rows += Math.min(most, cardinality);
    }
    return rows;
  }

  /**
   * Examples by the numbers of their categories.
   *
   * @param rows int32[examples][fields]: a category's place among those of its table, behind all of
   *     the tables before
   * @param labels float32[examples]
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Drawn(int[] rows, float[] labels) {}

  /**
   * Draws categories and labels.
   *
   * @param number of the draw: each gives others
   */
  Drawn drawn(int n, int number) {
    RandomGenerator random = new SplittableRandom(Seeds.mix(seed, number));
    int[] rows = new int[n * fields.length];
    int first = 0;
    for (int i = 0; i < fields.length; i++) {
      // Categories were made in the order of their numbers: popular ones stand among others.
      int[] order = Draws.shuffled(categories.get(i).length, new SplittableRandom(seed + i));
      var ranks = new ZipfSampler(order.length, zipf);
      for (int example = 0; example < n; example++) {
        rows[example * fields.length + i] = first + order[ranks.draw(random) - 1];
      }
      first += order.length;
    }
    float[] labels = new float[n];
    for (int example = 0; example < n; example++) {
      labels[example] = random.nextDouble() < CLICKS ? 1 : 0;
    }
    return new Drawn(rows, labels);
  }

  /**
   * Draws examples.
   *
   * @param number of the draw: each gives others
   */
  KeyedExample[] draw(int n, boolean withNumericals, int number) {
    Drawn drawn = drawn(n, number);
    RandomGenerator random = new SplittableRandom(Seeds.mix(seed, -1 - number));
    var examples = new KeyedExample[n];
    for (int i = 0; i < n; i++) {
      float[] values = new float[withNumericals ? NUMERICALS : 0];
      for (int k = 0; k < values.length; k++) {
        values[k] = random.nextFloat();
      }
      examples[i] =
          new KeyedExample(
              Population.BEGIN_MS + i,
              drawn.labels[i],
              1,
              1,
              false,
              null,
              fields,
              ends,
              keys(drawn, i),
              withNumericals ? numericals : new int[0],
              values,
              List.of());
    }
    return examples;
  }

  private long[] keys(Drawn drawn, int example) {
    long[] keys = new long[fields.length];
    int first = 0;
    for (int i = 0; i < keys.length; i++) {
      long[] of = categories.get(i);
      keys[i] = of[drawn.rows[example * keys.length + i] - first];
      first += of.length;
    }
    return keys;
  }

  /** Examples without end, as messages. */
  Stream stream() {
    return new Stream();
  }

  /** Draws one example after the other. */
  final class Stream {
    private final RandomGenerator random = new SplittableRandom(seed);
    private final List<ZipfSampler> ranks = new ArrayList<>();

    private Stream() {
      categories.forEach(of -> ranks.add(new ZipfSampler(of.length, zipf)));
    }

    Example next() {
      var example =
          Example.newBuilder()
              .setEventTimeMs(System.currentTimeMillis())
              .setLabel(random.nextDouble() < CLICKS ? 1 : 0);
      for (int i = 0; i < names.size(); i++) {
        example.addFeatures(
            Feature.newBuilder().setName(names.get(i)).addIntIds(ranks.get(i).draw(random)));
      }
      return example.build();
    }
  }
}
