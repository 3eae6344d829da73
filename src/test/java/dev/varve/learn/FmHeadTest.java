package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class FmHeadTest {
  @Test
  void aPredictionIsTheSumOfWeightsAndOfAllPairwiseProducts() {
    forAll(
        300,
        random -> {
          var batch = new Batch(random);
          float[] states = batch.states();
          float[] logits = batch.predict(batch.head, states);
          for (int example = 0; example < batch.examples.size(); example++) {
            double expected = batch.logit(example, batch.weights);
            assertThat((double) logits[example])
                .isCloseTo(expected, within(1e-4 * (1 + batch.magnitude)));
          }
        });
  }

  @Test
  void gradientsAreTheSlopesOfThePrediction() {
    forAll(
        100,
        random -> {
          var batch = new Batch(random);
          float[] gradients = new float[batch.examples.slots() * Gradient.length(batch.dimension)];
          double[] slopes = random.doubles(batch.examples.size(), -1, 1).toArray();
          batch.predict(batch.head, batch.states());
          batch.head.gradients(batch.examples, floats(slopes), gradients);

          double[] expected = batch.numericGradients(slopes);
          for (int i = 0; i < gradients.length; i++) {
            assertThat((double) gradients[i])
                .isCloseTo(expected[i], within(1e-4 * (1 + batch.magnitude * batch.magnitude)));
          }
        });
  }

  @Test
  void withoutPairsOnlyLinearWeightsPredictAndLearn() {
    forAll(
        100,
        random -> {
          var batch = new Batch(random);
          int dimension = batch.dimension;
          var linear = new FmHead(dimension, false);
          float[] states = batch.states();
          // Vectors must not be looked at: nothing may come of them.
          double[] weights = batch.weights.clone();
          for (int i = 0; i < weights.length; i++) {
            if (i % (1 + dimension) > 0) {
              weights[i] = 0;
              states[i] = Float.NaN;
            }
          }
          float[] gradients = new float[batch.examples.slots() * Gradient.length(dimension)];
          double[] slopes = random.doubles(batch.examples.size(), -1, 1).toArray();
          float[] logits = batch.predict(linear, states);
          for (int example = 0; example < batch.examples.size(); example++) {
            assertThat((double) logits[example])
                .isCloseTo(batch.logit(example, weights), within(1e-4));
          }
          linear.gradients(batch.examples, floats(slopes), gradients);

          double[] expected = batch.numericGradients(slopes);
          int length = Gradient.length(dimension);
          for (int i = 0; i < gradients.length; i++) {
            boolean isLinear = i % length == 0 || i % length == 1 + dimension;
            assertThat((double) gradients[i]).isCloseTo(isLinear ? expected[i] : 0, within(1e-4));
          }
        });
  }

  @Test
  void anExampleWithoutFeaturesIsPredictedZero() {
    var examples = new MicroBatch(KeyedExamples.features());
    examples.add(KeyedExamples.example().build(), "");

    for (boolean pairs : new boolean[] {false, true}) {
      float[] logits = {7};
      new FmHead(4, pairs).predict(examples, new float[0], dense(), logits);
      assertThat(logits).containsExactly(0);
    }
  }

  /** It has nothing that the head would ask for. */
  private static DenseReplica dense() {
    return new DenseReplica(new Adagrad(OptimizerConfig.defaults(), 1));
  }

  private static float[] floats(double[] doubles) {
    float[] floats = new float[doubles.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) doubles[i];
    }
    return floats;
  }

  /** Random examples with the definition of the model in doubles, straight from its formula. */
  private static final class Batch {
    final int dimension;
    final FmHead head;
    final MicroBatch examples = new MicroBatch(KeyedExamples.features());

    /** By slot: linear weight, then coordinates. */
    final double[] weights;

    final double magnitude;

    Batch(RandomGenerator random) {
      dimension = random.nextInt(1, 18);
      head = new FmHead(dimension, true);
      for (int i = random.nextInt(1, 6); i > 0; i--) {
        examples.add(KeyedExamples.random(random, 6), "");
      }
      weights = new double[examples.slots() * (1 + dimension)];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (float) random.nextGaussian();
      }
      magnitude = dimension;
    }

    float[] states() {
      return floats(weights);
    }

    float[] predict(Head by, float[] states) {
      float[] logits = new float[examples.size()];
      by.predict(examples, states, dense(), logits);
      return logits;
    }

    double logit(int example, double[] w) {
      int begin = examples.firstFeature(example);
      int end = examples.firstFeature(example + 1);
      double logit = 0;
      for (int f = begin; f < end; f++) {
        logit += pooled(f, 0, w);
        for (int g = f + 1; g < end; g++) {
          for (int i = 1; i <= dimension; i++) {
            logit += pooled(f, i, w) * pooled(g, i, w);
          }
        }
      }
      return logit;
    }

    private double pooled(int feature, int coordinate, double[] w) {
      double sum = 0;
      for (int t = examples.firstTerm(feature); t < examples.firstTerm(feature + 1); t++) {
        sum += examples.scale(t) * w[examples.slot(t) * (1 + dimension) + coordinate];
      }
      return sum;
    }

    /** In the shape of {@link Gradient}, by central differences, exact for a polynomial. */
    double[] numericGradients(double[] slopes) {
      int stride = Gradient.length(dimension);
      double[] gradients = new double[examples.slots() * stride];
      for (int at = 0; at < weights.length; at++) {
        int slot = at / (1 + dimension);
        int i = at % (1 + dimension);
        for (int example = 0; example < slopes.length; example++) {
          double gradient = slopes[example] * slope(example, at);
          gradients[slot * stride + i] += i == 0 ? gradient / features(example) : gradient;
          gradients[slot * stride + 1 + dimension + (i == 0 ? 0 : 1)] += gradient * gradient;
        }
      }
      return gradients;
    }

    private int features(int example) {
      return examples.firstFeature(example + 1) - examples.firstFeature(example);
    }

    private double slope(int example, int at) {
      double[] above = weights.clone();
      double[] below = weights.clone();
      above[at] += 0.5;
      below[at] -= 0.5;
      return logit(example, above) - logit(example, below);
    }
  }
}
