package dev.varve.event;

import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decodes and checks a labelled example, and puts it into the trainer's terms.
 *
 * <p><b>Threads:</b> one per instance; it keeps scratch space.
 */
public final class ExampleCodec {
  /** Latest event time: the last millisecond of the year 9999. */
  public static final long LAST_TIME_MS = 253_402_300_799_999L;

  private static final float LARGEST_WEIGHT = 1e6f;

  private final LimitsConfig limits;
  private final FeatureSet features;

  /** By place in an example, the feature that was there last: most examples name the same. */
  private FeatureSet.@Nullable Known[] usual = {};

  private int[] fields = new int[16];
  private int[] ends = new int[16];
  private int[] numericals = new int[16];
  private float[] values = new float[16];
  private long[] keys = new long[64];
  private int fieldCount;
  private int keyCount;
  private int numericalCount;

  public ExampleCodec(LimitsConfig limits, FeatureSet features) {
    this.limits = limits;
    this.features = features;
  }

  /**
   * Decodes one event.
   *
   * @throws RefusedEventException when the event is malformed or breaks a rule
   */
  public KeyedExample decode(byte[] event) throws RefusedEventException {
    if (event.length > limits.eventBytes().count()) {
      throw RefusedEventException.of(
          "event", event.length + " bytes", "at most " + limits.eventBytes());
    }
    return key(EventFormat.parse(event, Example.newBuilder()).build());
  }

  /**
   * Checks an example.
   *
   * @throws RefusedEventException when it breaks a rule
   */
  public KeyedExample key(Example example) throws RefusedEventException {
    require(example.hasEventTimeMs(), "event_time_ms", "missing", "milliseconds since 1970");
    long time = example.getEventTimeMs();
    requireTime(time);
    require(example.hasLabel(), "label", "missing", "0 to 1");
    float label = example.getLabel();
    require(label >= 0 && label <= 1, "label", label, "0 to 1");
    float weight = example.hasWeight() ? example.getWeight() : 1;
    require(weight > 0 && weight <= LARGEST_WEIGHT, "weight", weight, "above 0, at most 1000000");
    float kept = example.hasNegativesKept() ? example.getNegativesKept() : 1;
    require(kept > 0 && kept <= 1, "negatives_kept", kept, "above 0, at most 1");
    boolean isCorrection = example.getCorrection();
    require(!isCorrection || label == 1, "label", label, "1 in a correction");
    Float predicted = example.hasPredicted() ? example.getPredicted() : null;
    if (predicted != null) {
      require(Float.isFinite(predicted), "predicted", predicted, "a finite number");
    }
    require(example.getFeaturesCount() > 0, "features", 0, "at least one");

    // All checks first: a refused example must not make a feature known.
    int featureCount = example.getFeaturesCount();
    reserve(featureCount);
    boolean allKnown = true;
    for (int i = 0; i < featureCount; i++) {
      Feature feature = example.getFeatures(i);
      check(feature);
      allKnown &= kind(feature) == null || isKnown(i, feature.getName());
    }
    if (!allKnown) {
      admit(example);
    }
    fieldCount = 0;
    keyCount = 0;
    numericalCount = 0;
    for (int i = 0; i < featureCount; i++) {
      add(i, example.getFeatures(i));
    }
    return new KeyedExample(
        time,
        label,
        weight,
        kept,
        isCorrection,
        predicted,
        Arrays.copyOf(fields, fieldCount),
        Arrays.copyOf(ends, fieldCount),
        Arrays.copyOf(keys, keyCount),
        Arrays.copyOf(numericals, numericalCount),
        Arrays.copyOf(values, numericalCount),
        example.getFeaturesList());
  }

  /** Whether a feature is known; then it is what is usual in its place. */
  private boolean isKnown(int place, String name) {
    FeatureSet.Known known = usual[place];
    if (known == null || !known.name().equals(name)) {
      known = features.find(name);
      usual[place] = known;
    }
    return known != null;
  }

  /** Call behind {@link #isKnown}. */
  private FeatureSet.Known get(int place, String name, FeatureKind kind)
      throws RefusedEventException {
    FeatureSet.Known known = usual[place];
    return known == null ? features.get(name, kind) : FeatureSet.requireKind(known, kind);
  }

  private void check(Feature feature) throws RefusedEventException {
    int ids = feature.getIdsCount() + feature.getIntIdsCount();
    if (feature.hasValue()) {
      if (ids > 0) {
        throw refused(feature, "ids and value", "one of the two");
      }
      if (!Double.isFinite(feature.getValue())) {
        throw refused(feature, feature.getValue(), "a finite number");
      }
    }
    if (ids > limits.idsPerFeature()) {
      throw refused(feature, ids + " ids", "at most " + limits.idsPerFeature());
    }
    for (int i = 0; i < feature.getIdsCount(); i++) {
      String id = feature.getIds(i);
      if (id.isEmpty()) {
        throw refused(feature, "an empty id", "at least one character");
      }
      // UTF-8 takes at most three bytes per char: most ids are settled by their length.
      if (id.length() * 3L > limits.idBytes().count()
          && id.getBytes(StandardCharsets.UTF_8).length > limits.idBytes().count()) {
        throw refused(
            feature, "an id of " + id.length() + " characters", "at most " + limits.idBytes());
      }
    }
  }

  private static RefusedEventException refused(Feature feature, Object value, String rule) {
    return RefusedEventException.of("feature " + feature.getName(), value, rule);
  }

  /** Takes in the features of an example, all or none. */
  private void admit(Example example) throws RefusedEventException {
    Map<String, FeatureKind> kinds = new LinkedHashMap<>();
    for (Feature feature : example.getFeaturesList()) {
      FeatureKind kind = kind(feature);
      if (kind != null && kinds.put(feature.getName(), kind) != null) {
        throw namedTwice(feature.getName());
      }
    }
    features.admit(kinds);
  }

  /** Null for a feature without ids and value. It is absent: an empty history is no error. */
  private static @Nullable FeatureKind kind(Feature feature) {
    if (feature.hasValue()) {
      return FeatureKind.NUMERICAL;
    }
    boolean hasIds = feature.getIdsCount() + feature.getIntIdsCount() > 0;
    return hasIds ? FeatureKind.CATEGORICAL : null;
  }

  private void add(int place, Feature feature) throws RefusedEventException {
    FeatureKind kind = kind(feature);
    if (kind == null) {
      return;
    }
    int index = get(place, feature.getName(), kind).index();
    if (kind == FeatureKind.NUMERICAL) {
      requireNew(numericals, numericalCount, index, feature.getName());
      double value = feature.getValue();
      numericals[numericalCount] = index;
      values[numericalCount++] = scaled(value);
    } else {
      requireNew(fields, fieldCount, index, feature.getName());
      addKeys(feature);
      fields[fieldCount] = index;
      ends[fieldCount++] = keyCount;
    }
  }

  /** A number on the scale that is learned: sign(v) ln(1 + |v|). */
  public static float scaled(double value) {
    return (float) (Math.signum(value) * Math.log1p(Math.abs(value)));
  }

  private void addKeys(Feature feature) {
    int needed = keyCount + feature.getIdsCount() + feature.getIntIdsCount();
    if (keys.length < needed) {
      keys = Arrays.copyOf(keys, Math.max(2 * keys.length, needed));
    }
    for (int i = 0; i < feature.getIdsCount(); i++) {
      keys[keyCount++] = Category.key(feature.getIds(i));
    }
    for (int i = 0; i < feature.getIntIdsCount(); i++) {
      keys[keyCount++] = Category.key(feature.getIntIds(i));
    }
  }

  private void reserve(int featureCount) {
    if (fields.length < featureCount) {
      fields = new int[featureCount];
      ends = new int[featureCount];
      numericals = new int[featureCount];
      values = new float[featureCount];
    }
    if (usual.length < featureCount) {
      usual = Arrays.copyOf(usual, featureCount);
    }
  }

  private static void requireNew(int[] seen, int count, int index, String name)
      throws RefusedEventException {
    for (int i = 0; i < count; i++) {
      if (seen[i] == index) {
        throw namedTwice(name);
      }
    }
  }

  private static RefusedEventException namedTwice(String name) {
    return RefusedEventException.of("feature", name, "named once in an example");
  }

  /**
   * Refuses a time that no event has.
   *
   * @throws RefusedEventException when it is not within {@link #LAST_TIME_MS}
   */
  public static void requireTime(long ms) throws RefusedEventException {
    require(ms > 0 && ms <= LAST_TIME_MS, "event_time_ms", ms, "1 to " + LAST_TIME_MS);
  }

  private static void require(boolean holds, String name, Object value, String rule)
      throws RefusedEventException {
    if (!holds) {
      throw RefusedEventException.of(name, value, rule);
    }
  }
}
