package dev.varve.serve;

import dev.varve.event.ExampleCodec;
import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.KeyedExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The inputs of examples that are to be predicted: one for each feature, with its values in all of
 * them.
 *
 * <p><b>Threads:</b> one.
 */
final class ScoreInputs implements Inputs {
  private static final long[] NO_KEYS = {};

  private final FeatureSet features;
  private final int most;
  private final List<FeatureTensor> tensors = new ArrayList<>();
  private int values;

  /** Features of one kind, and the tensors that have their values. */
  private record Columns(List<FeatureSet.Known> features, List<FeatureTensor> tensors) {
    Columns() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    int size() {
      return features.size();
    }
  }

  /**
   * No inputs yet.
   *
   * @param most values that they may have together
   */
  ScoreInputs(FeatureSet features, int most) {
    this.features = features;
    this.most = most;
  }

  @Override
  public FeatureTensor next() {
    if (tensors.size() == FeaturesConfig.MOST) {
      throw RefusedException.tooLarge("inputs", "more", "at most " + FeaturesConfig.MOST);
    }
    var tensor = new FeatureTensor("inputs[%d]".formatted(tensors.size()), most, this::more);
    tensors.add(tensor);
    return tensor;
  }

  private void more() {
    if (values++ == most) {
      throw RefusedException.tooLarge(
          "inputs", "more values", "at most %d, serve.max-ids".formatted(most));
    }
  }

  @Override
  public OutputSet outputs() {
    return OutputSet.SCORE;
  }

  /**
   * The examples, once everything is read.
   *
   * @param pad key of the category that is padding
   * @param timeMs their event time
   * @throws RefusedException when the inputs are none
   */
  List<KeyedExample> examples(long pad, long timeMs) {
    if (tensors.isEmpty()) {
      throw RefusedException.malformed("inputs", "none", "one for each feature");
    }
    var categorical = new Columns();
    var numerical = new Columns();
    sort(categorical, numerical);
    int n = tensors.getFirst().rows();
    List<KeyedExample> examples = new ArrayList<>(n);
    for (int row = 0; row < n; row++) {
      examples.add(example(categorical, numerical, row, pad, timeMs));
    }
    return examples;
  }

  private void sort(Columns categorical, Columns numerical) {
    Set<String> seen = new HashSet<>();
    for (FeatureTensor tensor : tensors) {
      FeatureSet.Known feature = tensor.feature(features);
      if (!seen.add(tensor.name())) {
        throw RefusedException.malformed(
            tensor.where() + ".name", tensor.name(), "each feature once");
      }
      if (tensor.rows() != tensors.getFirst().rows()) {
        throw RefusedException.malformed(
            tensor.where() + ".shape",
            "%d examples".formatted(tensor.rows()),
            "%d, as inputs[0] has".formatted(tensors.getFirst().rows()));
      }
      if (feature != null) {
        Columns to = feature.kind() == FeatureKind.CATEGORICAL ? categorical : numerical;
        to.features.add(feature);
        to.tensors.add(tensor);
      }
    }
  }

  private static KeyedExample example(
      Columns categorical, Columns numerical, int row, long pad, long timeMs) {
    int[] fields = new int[categorical.size()];
    int[] ends = new int[categorical.size()];
    long[] keys = NO_KEYS;
    int fieldCount = 0;
    int keyCount = 0;
    for (int i = 0; i < categorical.size(); i++) {
      FeatureTensor of = categorical.tensors.get(i);
      int k = of.columns();
      keys = keys.length < keyCount + k ? Arrays.copyOf(keys, 2 * (keyCount + k)) : keys;
      int before = keyCount;
      for (int at = row * k; at < (row + 1) * k; at++) {
        long key = of.key(at);
        if (key != pad) {
          keys[keyCount++] = key;
        }
      }
      if (keyCount > before) {
        fields[fieldCount] = categorical.features.get(i).index();
        ends[fieldCount++] = keyCount;
      }
    }
    int[] numbers = new int[numerical.size()];
    float[] values = new float[numerical.size()];
    int numberCount = 0;
    for (int i = 0; i < numerical.size(); i++) {
      double value = numerical.tensors.get(i).number(row);
      if (!Double.isNaN(value)) {
        numbers[numberCount] = numerical.features.get(i).index();
        values[numberCount++] = ExampleCodec.scaled(value);
      }
    }
    return new KeyedExample(
        timeMs,
        0,
        1,
        1,
        false,
        null,
        Arrays.copyOf(fields, fieldCount),
        Arrays.copyOf(ends, fieldCount),
        Arrays.copyOf(keys, keyCount),
        Arrays.copyOf(numbers, numberCount),
        Arrays.copyOf(values, numberCount),
        List.of());
  }
}
