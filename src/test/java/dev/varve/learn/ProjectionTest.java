package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ProjectionTest {
  private static final double RATE = 1;
  private static final double INITIAL = 10_000;

  private static Adagrad optimizer() {
    return new Adagrad(
        new OptimizerConfig(
            OptimizerKind.ADAGRAD, 0.1, 0.1, RATE, 0.1, INITIAL, 0.1, 0, 100, 0, 0, 1),
        3);
  }

  @Test
  void aRowIsServedAsItsCoordinatesTimesTheLeadingRowsOfTheBasis() {
    var scene = new Scene(2, true);
    scene.basis("c0", 1, 2, 10, 20);
    float[] state = {-1, 7, 3, 5, 99};
    float[] out = new float[4];

    scene.of("c0").serve(state, 1, 1, out, 1);
    assertThat(out).containsExactly(0, 7, 3, 6);

    scene.of("c0").serve(state, 1, 2, out, 0);
    assertThat(out).containsExactly(7, 53, 106, 6);

    scene.of("c0").serve(state, 1, 0, out, 1);
    assertThat(out).as("no row: neither weight nor vector").containsExactly(7, 0, 0, 0);
  }

  @Test
  void withoutABasisARowIsServedAsItIsWithZerosBehindIt() {
    var scene = new Scene(4, false);
    float[] out = {9, 9, 9, 9, 9, 9};

    scene.of("c0").serve(new float[] {7, 3, 5}, 0, 2, out, 1);

    assertThat(out).containsExactly(9, 7, 3, 5, 0, 0);
  }

  @Test
  void withoutABasisTheGradientIsTheLeadingPartAndNothingIsStepped() {
    var scene = new Scene(4, false);
    float[] gradient = {1, 3, 4, 0, 5, 2, 100};

    scene.of("c0").gradient(new float[3], 0, 2, gradient, 0);
    scene.projection.step(0, scene.dense);

    assertThat(gradient).startsWith(1, 3, 4, 2, 50);
    assertThat(scene.dense.takeDelta(0, 1, 1).getChangesList()).isEmpty();
  }

  /** A vector without a gradient: no share of nothing. */
  @Test
  void aGradientOfZeroIsOneOfZeroForRowAndBasis() {
    var scene = new Scene(2, true);
    scene.basis("c0", 1, 2, 10, 20);
    float[] gradient = {1, 0, 0, 2, 0};

    scene.of("c0").gradient(new float[] {7, 3}, 0, 1, gradient, 0);
    scene.projection.step(0, scene.dense);

    assertThat(gradient).startsWith(1, 0, 2, 0);
    for (Parameters change : scene.dense.takeDelta(0, 1, 1).getChangesList()) {
      assertThat(change.getWeightsList()).containsOnly(0f);
    }
  }

  /** One occurrence of a row: the share that the row's squares keep is that of its gradient. */
  @Test
  void ofOneExampleTheSquaresAreThoseOfTheGradient() {
    var scene = new Scene(2, true);
    scene.basis("c0", 3, 4, 0, 0);
    float[] gradient = {1, 1, 2, 1, 5};

    scene.of("c0").gradient(new float[] {0, 2}, 0, 1, gradient, 0);
    scene.projection.step(0, scene.dense);

    // 3 * 1 + 4 * 2 = 11; of the basis 2 * 1 and 2 * 2.
    assertThat(gradient[1]).isEqualTo(11);
    assertThat(gradient[3]).isCloseTo(121, within(1e-3f));
    Parameters basis = scene.dense.takeDelta(0, 1, 1).getChanges(0);
    assertThat(basis.getAccumulatorsList()).containsExactly(4f, 16f, 0f, 0f);
  }

  @Test
  void gradientsOfRowsAndBasesAreTheSlopesOfTheLoss() {
    forAll(
        60,
        random -> {
          var model = new Model(random);
          model.learn();

          double[] weights = model.numericGradient(model.weights);
          for (int row = 0; row < weights.length; row++) {
            double expected = model.rows[row].length == 0 ? 0 : weights[row];
            assertThat(model.weightGradients[row]).isCloseTo(expected, within(2e-3));
          }
          for (int row = 0; row < model.rows.length; row++) {
            double[] expected = model.numericGradient(model.rows[row]);
            for (int k = 0; k < expected.length; k++) {
              assertThat(model.rowGradients[row][k]).isCloseTo(expected[k], within(2e-3));
            }
          }
          for (int table = 0; table < Model.TABLES; table++) {
            double[] expected = model.numericGradient(model.bases[table]);
            for (int i = 0; i < expected.length; i++) {
              assertThat(model.basisGradients[table][i])
                  .as("basis %d, entry %d", table, i)
                  .isCloseTo(expected[i], within(2e-2));
            }
          }
        });
  }

  /** A projection and where its bases are. */
  private static class Scene {
    final DenseReplica dense = new DenseReplica(optimizer());
    final Projection projection;
    private final DenseModel.Builder published = DenseModel.newBuilder().setVersion(1);

    Scene(int width, boolean isLearned) {
      this.projection = new Projection(width, isLearned);
      projection.begin();
    }

    void basis(String table, double... values) {
      var parameters = Parameters.newBuilder().setName("basis/" + table);
      for (double value : values) {
        parameters.addWeights((float) value).addAccumulators(0);
      }
      dense.fold(published.addParameters(parameters).build());
      projection.begin();
    }

    Projection of(String table) {
      projection.of(table, dense);
      return projection;
    }
  }

  /** Examples of one category in each of three tables: rows of any dimension, any bases. */
  private static final class Model {
    static final int TABLES = 3;
    private static final int CATEGORIES = 2;
    private static final double STEP = 1e-4;

    final int width;
    final double[][] bases = new double[TABLES][];
    final double[] weights = new double[TABLES * CATEGORIES];
    final double[][] rows = new double[TABLES * CATEGORIES][];
    final double[] weightGradients = new double[TABLES * CATEGORIES];
    final double[][] rowGradients = new double[TABLES * CATEGORIES][];
    final double[][] basisGradients = new double[TABLES][];
    private final List<int[]> examples = new ArrayList<>();
    private final List<Double> labels = new ArrayList<>();

    Model(RandomGenerator random) {
      width = 1 << random.nextInt(4);
      for (int table = 0; table < TABLES; table++) {
        bases[table] = gaussian(random, width * width);
        basisGradients[table] = new double[width * width];
      }
      for (int row = 0; row < rows.length; row++) {
        int dimension = (1 << random.nextInt(2 + Integer.numberOfTrailingZeros(width))) >> 1;
        rows[row] = gaussian(random, dimension);
        rowGradients[row] = new double[dimension];
        weights[row] = dimension == 0 ? 0 : random.nextGaussian();
      }
      for (int example = 0; example < 3; example++) {
        examples.add(random.ints(TABLES, 0, CATEGORIES).toArray());
        labels.add(random.nextBoolean() ? 1.0 : 0.0);
      }
    }

    private static double[] gaussian(RandomGenerator random, int n) {
      return random.doubles(n).map(_ -> (float) (0.5 * random.nextGaussian())).toArray();
    }

    // -- as it is learned

    void learn() {
      var scene = new Scene(width, true);
      for (int table = 0; table < TABLES; table++) {
        scene.basis("c" + table, bases[table]);
      }
      var batch = new MicroBatch(KeyedExamples.features());
      for (int[] example : examples) {
        var builder = KeyedExamples.example();
        for (int table = 0; table < TABLES; table++) {
          builder.categories(table, example[table]);
        }
        batch.add(builder.build(), "");
      }
      float[] states = new float[batch.slots() * (1 + width)];
      float[] served = new float[states.length];
      for (int slot = 0; slot < batch.slots(); slot++) {
        int row = row(batch, slot);
        int at = slot * (1 + width);
        states[at] = (float) weights[row];
        for (int k = 0; k < rows[row].length; k++) {
          states[at + 1 + k] = (float) rows[row][k];
        }
        table(scene, batch, slot).serve(states, at, rows[row].length, served, at);
      }
      int length = Gradient.length(width);
      float[] gradients = new float[batch.slots() * length];
      var head = new FmHead(width, true);
      float[] slopes = new float[batch.size()];
      head.predict(batch, served, scene.dense, slopes);
      for (int example = 0; example < batch.size(); example++) {
        double p = QualitySum.probability(slopes[example]);
        slopes[example] = (float) (p - labels.get(example));
      }
      head.gradients(batch, slopes, gradients);
      for (int slot = 0; slot < batch.slots(); slot++) {
        int row = row(batch, slot);
        int dimension = rows[row].length;
        if (dimension > 0) {
          int at = slot * length;
          table(scene, batch, slot).gradient(states, slot * (1 + width), dimension, gradients, at);
          weightGradients[row] = TABLES * gradients[at]; // each weight takes its share of a step
          for (int k = 0; k < dimension; k++) {
            rowGradients[row][k] = gradients[at + 1 + k];
          }
        }
      }
      scene.projection.step(0, scene.dense);
      takeBasisGradients(scene.dense.takeDelta(0, 1, 1));
    }

    private static int row(MicroBatch batch, int slot) {
      return batch.feature(slot).index() * CATEGORIES + (int) batch.category(slot);
    }

    private static Projection table(Scene scene, MicroBatch batch, int slot) {
      return scene.of(batch.feature(slot).name());
    }

    /** From the steps: the rate times the gradient over the root of the squares. */
    private void takeBasisGradients(DenseDelta delta) {
      for (Parameters change : delta.getChangesList()) {
        double[] of = basisGradients[change.getName().charAt("basis/c".length()) - '0'];
        for (int i = 0; i < of.length; i++) {
          double root = Math.sqrt(change.getAccumulators(i) + INITIAL);
          of[i] = -change.getWeights(i) * root / RATE;
        }
      }
    }

    // -- as it is defined

    private double loss() {
      double loss = 0;
      for (int example = 0; example < examples.size(); example++) {
        double logit = logit(examples.get(example));
        loss += Math.log1p(Math.exp(logit)) - labels.get(example) * logit;
      }
      return loss;
    }

    private double logit(int[] categories) {
      double logit = 0;
      double[][] vectors = new double[TABLES][];
      for (int table = 0; table < TABLES; table++) {
        int row = table * CATEGORIES + categories[table];
        logit += weights[row];
        vectors[table] = vector(table, rows[row]);
        for (int other = 0; other < table; other++) {
          for (int j = 0; j < width; j++) {
            logit += vectors[table][j] * vectors[other][j];
          }
        }
      }
      return logit;
    }

    private double[] vector(int table, double[] row) {
      double[] vector = new double[width];
      for (int k = 0; k < row.length; k++) {
        for (int j = 0; j < width; j++) {
          vector[j] += row[k] * bases[table][k * width + j];
        }
      }
      return vector;
    }

    /** By central differences. */
    double[] numericGradient(double[] parameters) {
      double[] gradient = new double[parameters.length];
      for (int i = 0; i < parameters.length; i++) {
        double value = parameters[i];
        parameters[i] = value + STEP;
        double above = loss();
        parameters[i] = value - STEP;
        double below = loss();
        parameters[i] = value;
        gradient[i] = (above - below) / (2 * STEP);
      }
      return gradient;
    }
  }
}
