package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.event.FeatureKind;
import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Parameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The head against the definition of its model in doubles, and against its slopes. */
class DlrmHeadTest {
  /** So large that a step is the gradient times a number. */
  private static final double INITIAL = 1e8;

  private static final double RATE = 10;
  private static final double TINY = 1e-5;

  @Test
  void aPredictionIsWhatThePaperSays() {
    forAll(
        200,
        random -> {
          var batch = new Batch(random);

          float[] logits = batch.predict();

          for (int example = 0; example < batch.examples.size(); example++) {
            assertThat((double) logits[example])
                .isCloseTo(batch.logit(example), within(1e-4 * (1 + batch.size())));
          }
        });
  }

  @Test
  void gradientsOfRowsAreTheSlopesOfThePrediction() {
    forAll(
        100,
        random -> {
          var batch = new Batch(random);
          double[] slopes = random.doubles(batch.examples.size(), -1, 1).toArray();
          float[] gradients = new float[batch.examples.slots() * Gradient.length(batch.dimension)];

          batch.predict();
          batch.head.gradients(batch.examples, floats(slopes), gradients);

          int width = 1 + batch.dimension;
          for (int slot = 0; slot < batch.examples.slots(); slot++) {
            for (int i = 0; i < width; i++) {
              double[] of = i == 0 ? batch.shares(slopes) : slopes;
              double expected = batch.slope(batch.served, slot * width + i, of);
              assertThat((double) gradients[slot * Gradient.length(batch.dimension) + i])
                  .as("slot %d, %d", slot, i)
                  .isCloseTo(expected, within(1e-3 * (1 + Math.abs(expected))));
            }
          }
        });
  }

  @Test
  void itsOwnParametersAreSteppedDownTheSlopesOfThePrediction() {
    forAll(
        50,
        random -> {
          var batch = new Batch(random);
          double[] slopes = random.doubles(batch.examples.size(), -1, 1).toArray();
          int floats = batch.examples.slots() * Gradient.length(batch.dimension);
          batch.predict();
          batch.head.gradients(batch.examples, floats(slopes), new float[floats]);

          batch.head.step(0, batch.dense);

          batch.parameters.forEach(
              (name, before) -> {
                float[] after = new float[before.length];
                batch.dense.readMlp(name, after.length, after, 0);
                for (int i = 0; i < after.length; i++) {
                  double stepped = (before[i] - after[i]) * Math.sqrt(INITIAL) / RATE;
                  double expected = batch.slope(before, i, slopes);
                  assertThat(stepped)
                      .as("%s, %d", name, i)
                      .isCloseTo(expected, within(2e-3 * (1 + Math.abs(expected))));
                }
              });
        });
  }

  @Test
  void parametersStartTheSameOnEveryTrainerWhateverCameFirst() {
    String pair = MlpNames.input("top", 8, "a/b");
    var one = new DenseReplica(new Adagrad(OptimizerConfig.defaults(), 1));
    var other = new DenseReplica(new Adagrad(OptimizerConfig.defaults(), 1));
    float[] first = new float[8];
    float[] second = new float[8];

    one.readMlp(pair, 8, first, 0);
    other.readMlp(MlpNames.input("top", 8, "a/c"), 8, second, 0);
    assertThat(second).isNotEqualTo(first);
    other.readMlp(pair, 8, second, 0);

    assertThat(second).isEqualTo(first);
  }

  /** Whether one of two features is 1 tells nothing alone. */
  @Test
  void learnsWhatOnlyTwoNumericalFeaturesTogetherTell() {
    var random = new SplittableRandom(3);
    var config = OptimizerConfig.defaults();
    var dense = new DenseReplica(new Adagrad(config, 1));
    var head = new DlrmHead(4, List.of(16), List.of(16));
    double loss = 0;
    int last = 100;
    for (int step = 0; step < 1_000; step++) {
      var batch = new MicroBatch(KeyedExamples.features());
      float[] labels = new float[32];
      for (int i = 0; i < labels.length; i++) {
        int a = random.nextInt(2);
        int b = random.nextInt(2);
        labels[i] = a ^ b;
        batch.add(KeyedExamples.example().number(5, a).number(6, b).build(), "");
      }
      float[] logits = new float[labels.length];
      float[] slopes = new float[labels.length];
      head.predict(batch, new float[batch.slots() * 5], dense, logits);
      for (int i = 0; i < labels.length; i++) {
        slopes[i] = (float) QualitySum.probability(logits[i]) - labels[i];
        loss += step < 1_000 - last ? 0 : QualitySum.logLoss(logits[i], labels[i]);
      }
      head.gradients(batch, slopes, new float[batch.slots() * Gradient.length(4)]);
      head.step(0, dense);
    }

    assertThat(loss / (32 * last)).isLessThan(0.1);
  }

  @Test
  void trainersOfTwoProcessesComeToTheSameModel() {
    var optimizer = new Adagrad(OptimizerConfig.defaults(), 1);
    var merge = new DenseMerge(optimizer);
    List<DenseReplica> replicas = List.of(new DenseReplica(optimizer), new DenseReplica(optimizer));
    SortedSet<String> names = new TreeSet<>();
    var random = new SplittableRandom(5);
    for (int trainer = 0; trainer < 2; trainer++) {
      var head = new DlrmHead(4, List.of(6), List.of(5));
      for (int step = 1; step <= 3; step++) {
        learn(head, trainer, replicas.get(trainer), random);
        DenseDelta delta = replicas.get(trainer).takeDelta(trainer, step, 1);
        merge.merge(delta);
        delta.getChangesList().forEach(change -> names.add(change.getName()));
      }
    }
    DenseModel merged = merge.publish();

    replicas.forEach(replica -> replica.fold(merged));

    // Each trainer has a pair of its own: z, of the numbers, and its category.
    assertThat(names).contains("mlp/bottom/0/6/n0", "mlp/top/0/5//c0", "mlp/top/0/5//c1");
    for (Parameters parameters : merged.getParametersList()) {
      int n = parameters.getWeightsCount();
      float[] one = new float[n];
      float[] other = new float[n];
      replicas.get(0).readMlp(parameters.getName(), n, one, 0);
      replicas.get(1).readMlp(parameters.getName(), n, other, 0);
      assertThat(one).isEqualTo(other);
    }
    assertThat(merged.getParametersList()).extracting(Parameters::getName).containsAll(names);
  }

  /** One example of a category of the trainer's own feature and two numbers. */
  private static void learn(
      DlrmHead head, int trainer, DenseReplica dense, RandomGenerator random) {
    var batch = new MicroBatch(KeyedExamples.features());
    float[] numbers = {(float) random.nextDouble(), (float) random.nextDouble()};
    var example = KeyedExamples.example().categories(trainer, 1);
    batch.add(example.number(5, numbers[0]).number(6, numbers[1]).build(), "");
    float[] served = new float[batch.slots() * 5];
    Arrays.fill(served, 0.5f);
    head.predict(batch, served, dense, new float[1]);
    head.gradients(batch, new float[] {-1}, new float[batch.slots() * Gradient.length(4)]);
    head.step(trainer, dense);
  }

  /** The layers for numbers still have the inputs of the batch before, of fewer examples. */
  @Test
  void anExampleWithoutASlopeIsLeftOutWhereNoneHasNumbers() {
    var dense = new DenseReplica(new Adagrad(OptimizerConfig.defaults(), 1));
    var head = new DlrmHead(4, List.of(6), List.of(5));
    learn(head, 0, dense, new SplittableRandom(5));
    var batch = new MicroBatch(KeyedExamples.features());
    for (int i = 0; i < 3; i++) {
      batch.add(KeyedExamples.example().categories(0, i).categories(1, i).build(), "");
    }
    float[] served = new float[batch.slots() * 5];
    Arrays.fill(served, 0.5f);
    float[] gradients = new float[batch.slots() * Gradient.length(4)];
    head.predict(batch, served, dense, new float[3]);
    head.gradients(batch, new float[] {-1, 0, 0}, gradients);

    // Two slots an example.
    int ofOne = 2 * Gradient.length(4);
    assertThat(Arrays.copyOf(gradients, ofOne)).doesNotContain(0);
    assertThat(Arrays.copyOfRange(gradients, ofOne, 3 * ofOne)).containsOnly(0);
  }

  @Test
  void aModelTakesNoMoreBytesThanItsConfigurationSays() {
    var model =
        new ModelConfig(
            4, ModelConfig.HeadKind.DLRM, List.of(7, 5), List.of(9), BasisKind.IDENTITY, 1);
    var dense = new DenseReplica(new Adagrad(OptimizerConfig.defaults(), 1));
    var head = new DlrmHead(4, model.bottom(), model.top());
    var batch = new MicroBatch(KeyedExamples.features());
    var example = KeyedExamples.example();
    for (int feature = 0; feature < 5; feature++) {
      example.categories(feature, 1);
    }
    batch.add(example.number(5, 1).number(6, 2).build(), "");
    head.predict(batch, new float[batch.slots() * 5], dense, new float[1]);
    head.gradients(batch, new float[] {1}, new float[batch.slots() * Gradient.length(4)]);
    head.step(0, dense);

    long bytes = dense.takeDelta(0, 1, 1).getSerializedSize();

    // Two of the seven have no pairs.
    assertThat(bytes).isBetween(model.dlrmBytes(5) / 2, model.dlrmBytes(7));
  }

  private static float[] floats(double[] doubles) {
    float[] floats = new float[doubles.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) doubles[i];
    }
    return floats;
  }

  /** Random examples and parameters, with the model in doubles. */
  private static final class Batch {
    final int dimension;
    final List<Integer> bottom;
    final List<Integer> top;
    final DlrmHead head;
    final MicroBatch examples = new MicroBatch(KeyedExamples.features());
    final DenseReplica dense;

    /** By slot: linear weight, then coordinates. */
    final double[] served;

    final SortedMap<String, double[]> parameters = new TreeMap<>();
    final SortedSet<String> numericals = new TreeSet<>();
    final SortedSet<String> categoricals = new TreeSet<>();

    Batch(RandomGenerator random) {
      dimension = random.nextInt(1, 6);
      bottom = widths(random);
      top = widths(random);
      head = new DlrmHead(dimension, bottom, top);
      for (int i = random.nextInt(1, 6); i > 0; i--) {
        examples.add(KeyedExamples.random(random, 6), "");
      }
      served = random.doubles((long) examples.slots() * (1 + dimension), -1, 1).toArray();
      round(served);
      for (int slot = 0; slot < examples.slots(); slot++) {
        (examples.isCategory(slot) ? categoricals : numericals).add(examples.feature(slot).name());
      }
      name(random);
      var config =
          new OptimizerConfig(
              OptimizerKind.ADAGRAD, 0.1, 0.1, 0.1, RATE, INITIAL, 0.1, 0, 100, 0, 0, 1);
      dense = new DenseReplica(new Adagrad(config, 1));
      var model = DenseModel.newBuilder().setVersion(1);
      parameters.forEach(
          (of, values) ->
              model.addParameters(
                  DenseParameters.toProto(of, Arrays.copyOf(floats(values), 2 * values.length))));
      dense.fold(model.build());
      beAtAnother(random);
    }

    /** What the head remembers of another batch, with other features, must not matter. */
    private void beAtAnother(RandomGenerator random) {
      var other = new MicroBatch(KeyedExamples.features());
      other.add(KeyedExamples.random(random, 6), "");
      float[] ones = new float[other.slots() * (1 + dimension)];
      Arrays.fill(ones, 1);
      var apart = new DenseReplica(new Adagrad(OptimizerConfig.defaults(), 2));
      head.predict(other, ones, apart, new float[1]);
    }

    private static List<Integer> widths(RandomGenerator random) {
      return random.ints(random.nextInt(3), 1, 40).boxed().toList();
    }

    private static void round(double[] values) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) values[i];
      }
    }

    private void name(RandomGenerator random) {
      List<String> vectors = new ArrayList<>(categoricals);
      if (!numericals.isEmpty()) {
        vectors.addFirst("");
        numericals.forEach(of -> add("bottom/0/%d/" + of, 1, first(bottom, dimension), random));
        behind("bottom", bottom, dimension, random);
        add("top/0/%d/", dimension, first(top, 1), random);
      }
      for (int i = 0; i < vectors.size(); i++) {
        for (int j = i + 1; j < vectors.size(); j++) {
          String pair = vectors.get(i) + "/" + vectors.get(j);
          add("top/0/%d/" + pair, 1, first(top, 1), random);
        }
      }
      behind("top", top, 1, random);
    }

    private static int first(List<Integer> hidden, int out) {
      return hidden.isEmpty() ? out : hidden.getFirst();
    }

    private void behind(String mlp, List<Integer> hidden, int out, RandomGenerator random) {
      List<Integer> widths = new ArrayList<>(hidden);
      widths.add(out);
      for (int layer = 0; layer < widths.size(); layer++) {
        int width = widths.get(layer);
        if (layer > 0) {
          String shape = widths.get(layer - 1) + "x%d";
          add(mlp + "/" + layer + "/" + shape, widths.get(layer - 1), width, random);
        }
        add(mlp + "/" + layer + "/%d", 1, width, random);
      }
    }

    private void add(String name, int rows, int out, RandomGenerator random) {
      double[] values = random.doubles((long) rows * out, -1, 1).toArray();
      round(values);
      parameters.put("mlp/" + name.formatted(out), values);
    }

    int size() {
      return parameters.values().stream().mapToInt(of -> of.length).sum();
    }

    float[] predict() {
      float[] logits = new float[examples.size()];
      head.predict(examples, floats(served), dense, logits);
      return logits;
    }

    // -- the model

    double logit(int example) {
      double logit = 0;
      Map<String, double[]> vectors = new TreeMap<>();
      categoricals.forEach(of -> vectors.put(of, new double[dimension]));
      double[] values = new double[numericals.size()];
      int begin = examples.firstTerm(examples.firstFeature(example));
      int end = examples.firstTerm(examples.firstFeature(example + 1));
      for (int term = begin; term < end; term++) {
        int slot = examples.slot(term);
        String name = examples.feature(slot).name();
        logit += examples.scale(term) * served[slot * (1 + dimension)];
        if (examples.feature(slot).kind() == FeatureKind.NUMERICAL) {
          values[numericals.headSet(name).size()] += examples.scale(term);
        } else {
          for (int i = 0; i < dimension; i++) {
            double coordinate = served[slot * (1 + dimension) + 1 + i];
            of(vectors, name)[i] += examples.scale(term) * coordinate;
          }
        }
      }
      return logit + interactions(vectors, values);
    }

    private double interactions(Map<String, double[]> vectors, double[] values) {
      List<double[]> inputs = new ArrayList<>();
      List<String> names = new ArrayList<>();
      Map<String, double[]> all = new TreeMap<>(vectors);
      int out = first(top, 1);
      if (!numericals.isEmpty()) {
        int bottomOut = first(bottom, dimension);
        List<String> ofValues =
            numericals.stream().map(of -> "mlp/bottom/0/" + bottomOut + "/" + of).toList();
        double[] z = perceptron("bottom", bottom, dimension, true, ofValues, values);
        all.put("", z);
        names.add("mlp/top/0/" + out + "/");
        inputs.add(z);
      }
      List<String> keys = new ArrayList<>(all.keySet());
      for (int i = 0; i < keys.size(); i++) {
        for (int j = i + 1; j < keys.size(); j++) {
          double dot = 0;
          for (int k = 0; k < dimension; k++) {
            dot += of(all, keys.get(i))[k] * of(all, keys.get(j))[k];
          }
          names.add("mlp/top/0/" + out + "/" + keys.get(i) + "/" + keys.get(j));
          inputs.add(new double[] {8 * dot});
        }
      }
      double[] x = inputs.stream().flatMapToDouble(Arrays::stream).toArray();
      return perceptron("top", top, 1, false, names, x)[0];
    }

    private double[] perceptron(
        String mlp,
        List<Integer> hidden,
        int out,
        boolean rectified,
        List<String> inputs,
        double[] x) {
      List<Integer> widths = new ArrayList<>(hidden);
      widths.add(out);
      double[] weights =
          inputs.stream().flatMapToDouble(of -> Arrays.stream(of(parameters, of))).toArray();
      double[] in = x;
      for (int layer = 0; layer < widths.size(); layer++) {
        int width = widths.get(layer);
        if (layer > 0) {
          weights = of(parameters, "mlp/%s/%d/%dx%d".formatted(mlp, layer, in.length, width));
        }
        double[] y = of(parameters, "mlp/%s/%d/%d".formatted(mlp, layer, width)).clone();
        for (int i = 0; i < in.length; i++) {
          for (int j = 0; j < width; j++) {
            y[j] += in[i] * weights[i * width + j];
          }
        }
        boolean isLast = layer == widths.size() - 1;
        in = rectified || !isLast ? Arrays.stream(y).map(v -> Math.max(v, 0)).toArray() : y;
      }
      return in;
    }

    private static double[] of(Map<String, double[]> map, String name) {
      return Objects.requireNonNull(map.get(name), name);
    }

    /** What each of an example's linear weights steps for: its share of the logit's step. */
    double[] shares(double[] slopes) {
      double[] shares = slopes.clone();
      for (int example = 0; example < shares.length; example++) {
        int features = examples.firstFeature(example + 1) - examples.firstFeature(example);
        shares[example] /= Math.max(1, features);
      }
      return shares;
    }

    /** The derivative of the sum of slopes times logits by a number. */
    double slope(double[] of, int at, double[] slopes) {
      DoubleSupplier sum =
          () -> {
            double all = 0;
            for (int example = 0; example < examples.size(); example++) {
              all += slopes[example] * logit(example);
            }
            return all;
          };
      double value = of[at];
      of[at] = value + TINY;
      double above = sum.getAsDouble();
      of[at] = value - TINY;
      double below = sum.getAsDouble();
      of[at] = value;
      return (above - below) / (2 * TINY);
    }
  }
}
