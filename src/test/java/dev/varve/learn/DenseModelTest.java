package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Parameters;
import dev.varve.table.RowEncoding;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replica and merge, each alone and both together. */
class DenseModelTest {
  private static final int DIMENSION = 3;
  private static final List<String> NAMES = List.of("bias", "numerical/a", "numerical/b");

  private final Adagrad optimizer =
      new Adagrad(
          new OptimizerConfig(OptimizerKind.ADAGRAD, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0, 100, 0, 0, 1),
          3);
  private final DenseReplica replica = new DenseReplica(optimizer);
  private final DenseMerge merge = new DenseMerge(optimizer);

  @Test
  void parametersBeginWithTheirInitialState() {
    assertThat(read(replica, "numerical/a")).containsExactly(optimizer.initial("numerical/a", 3));
    assertThat(replica.version()).isZero();
  }

  @Test
  void aStepIsSeenAtOnce() {
    float[] expected = optimizer.initial("numerical/a", DIMENSION);
    float[] gradient = {1, 2, 3, 4, 1, 29};
    optimizer.step(expected, 0, DIMENSION, gradient, 0);
    replica.step(0, "numerical/a", DIMENSION, gradient, 0);

    assertThat(read(replica, "numerical/a")).containsExactly(expected);
  }

  @Test
  void aDeltaHasWhatItsTrainerChangedSinceTheLastOne() {
    float[] before = read(replica, "bias");
    replica.step(1, "bias", DIMENSION, new float[] {1, 0, 0, 0, 1, 0}, 0);
    replica.step(2, "numerical/a", DIMENSION, new float[] {1, 0, 0, 0, 1, 0}, 0);
    DenseDelta delta = replica.takeDelta(1, 40, 5);

    assertThat(delta.getTrainer()).isEqualTo(1);
    assertThat(delta.getEndOffset()).isEqualTo(40);
    assertThat(delta.getLayoutVersion()).isEqualTo(5);
    assertThat(delta.getChangesList()).extracting(Parameters::getName).containsExactly("bias");
    assertThat(delta.getChanges(0).getWeights(0))
        .isEqualTo(read(replica, "bias")[0] - before[0])
        .isNegative();
    assertThat(delta.getChanges(0).getAccumulators(0)).isEqualTo(1);
    assertThat(replica.takeDelta(1, 41, 5).getChangesList()).isEmpty();
  }

  @Test
  void aGradientThatIsNotFiniteIsNoStep() {
    float[] before = read(replica, "bias");
    replica.step(0, "bias", DIMENSION, new float[] {Float.NaN, 0, 0, 0, 1, 0}, 0);

    assertThat(read(replica, "bias")).containsExactly(before);
    assertThat(replica.takeDelta(0, 1, 1).getChangesList()).isEmpty();
  }

  @Test
  void aPublishedVersionHasTheSumOfAllDeltasAndSaysWhichTheyAre() {
    replica.step(1, "bias", DIMENSION, new float[] {1, 0, 0, 0, 1, 0}, 0);
    merge.merge(replica.takeDelta(1, 40, 1));
    replica.step(2, "bias", DIMENSION, new float[] {1, 0, 0, 0, 1, 0}, 0);
    merge.merge(replica.takeDelta(2, 7, 1));
    merge.publish();
    DenseModel model = merge.publish();

    assertThat(model.getVersion()).isEqualTo(2);
    assertThat(model.getMergedMap()).isEqualTo(Map.of(1, 40L, 2, 7L));
    assertThat(DenseParameters.toState(model.getParameters(0)))
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(read(replica, "bias"));
  }

  @Test
  void changesThatAPublishedVersionLacksStayOnTop() {
    replica.step(0, "bias", DIMENSION, new float[] {1, 0, 0, 0, 1, 0}, 0);
    merge.merge(replica.takeDelta(0, 10, 1));
    replica.step(0, "bias", DIMENSION, new float[] {2, 0, 0, 0, 4, 0}, 0);
    replica.takeDelta(0, 20, 1);
    replica.step(1, "bias", DIMENSION, new float[] {3, 0, 0, 0, 9, 0}, 0);
    float[] before = read(replica, "bias");
    replica.fold(merge.publish());

    assertThat(replica.version()).isEqualTo(1);
    assertThat(read(replica, "bias")).usingComparatorWithPrecision(1e-6f).containsExactly(before);
  }

  @Test
  void forgettingATrainerTakesBackItsStepsOnly() {
    float[] initial = read(replica, "numerical/a");
    replica.step(1, "bias", DIMENSION, new float[] {1, 0, 0, 0, 1, 0}, 0);
    float[] bias = read(replica, "bias");
    replica.step(0, "numerical/a", DIMENSION, new float[] {1, 2, 3, 4, 1, 29}, 0);
    replica.takeDelta(0, 10, 1);
    replica.step(0, "numerical/a", DIMENSION, new float[] {1, 2, 3, 4, 1, 29}, 0);
    replica.forget(0);

    assertThat(read(replica, "numerical/a")).containsExactly(initial);
    assertThat(read(replica, "bias")).containsExactly(bias);
    assertThat(replica.takeDelta(0, 20, 1).getChangesList()).isEmpty();
    assertThat(replica.takeDelta(1, 20, 1).getChangesCount()).isEqualTo(1);
  }

  @Test
  void mergingContinuesFromAPublishedVersion() {
    replica.step(0, "numerical/a", DIMENSION, new float[] {1, 2, 3, 4, 1, 29}, 0);
    merge.merge(replica.takeDelta(0, 10, 1));
    replica.step(1, "bias", DIMENSION, new float[] {1, 0, 0, 0, 1, 0}, 0);
    merge.merge(replica.takeDelta(1, 30, 1));
    DenseModel model = merge.publish();
    var restarted = new DenseMerge(optimizer);
    restarted.restore(model);
    replica.step(0, "numerical/a", DIMENSION, new float[] {1, 2, 3, 4, 1, 29}, 0);
    DenseDelta next = replica.takeDelta(0, 20, 1);
    merge.merge(next);
    restarted.merge(next);

    assertThat(restarted.publish()).isEqualTo(merge.publish());
  }

  @ParameterizedTest
  @ValueSource(strings = {"length", "accumulators", "none", "nan", "infinity", "twice"})
  void aDeltaThatDoesNotFitChangesNothing(String fault) {
    replica.step(0, "bias", 0, new float[] {1, 1, 0}, 0);
    merge.merge(replica.takeDelta(0, 10, 1));
    DenseModel before = merge.publish();
    var delta =
        DenseDelta.newBuilder()
            .setTrainer(0)
            .setEndOffset(20)
            .addChanges(parameters("bias", 1, 1))
            .addChanges(parameters("numerical/a", 3, 3));
    switch (fault) {
      case "length" -> delta.addChanges(parameters("bias", 2, 2));
      case "accumulators" -> delta.addChanges(parameters("numerical/b", 2, 1));
      case "none" -> delta.addChanges(parameters("numerical/b", 0, 0));
      case "nan" -> delta.addChanges(parameters("x", 1, 1).toBuilder().setWeights(0, Float.NaN));
      case "infinity" ->
          delta.addChanges(
              parameters("x", 1, 1).toBuilder().setAccumulators(0, Float.POSITIVE_INFINITY));
      default -> delta.addChanges(parameters("numerical/a", 4, 4));
    }

    assertThatIllegalArgumentException().isThrownBy(() -> merge.merge(delta.build()));
    DenseModel after = merge.publish();
    assertThat(after.getParametersList()).isEqualTo(before.getParametersList());
    assertThat(after.getMergedMap()).isEqualTo(before.getMergedMap());
  }

  private static Parameters parameters(String name, int weights, int accumulators) {
    var parameters = Parameters.newBuilder().setName(name);
    for (int i = 0; i < weights; i++) {
      parameters.addWeights(0.5f);
    }
    for (int i = 0; i < accumulators; i++) {
      parameters.addAccumulators(0.25f);
    }
    return parameters.build();
  }

  @Test
  void whateverTheOrderOfStepsDeltasVersionsAndFoldsTheWeightsAreThoseOfTheStepsAlone() {
    forAll(
        100,
        random -> {
          var run = new Interleaving(optimizer);
          for (int i = 0; i < 200; i++) {
            run.operate(random);
            run.check();
          }
          run.finish();
        });
  }

  /** Two processes' trainers, whose steps end in one model. */
  @Test
  void replicasOfManyProcessesEndWithTheSameWeights() {
    forAll(
        50,
        random -> {
          var merge = new DenseMerge(optimizer);
          var replicas = List.of(new DenseReplica(optimizer), new DenseReplica(optimizer));
          for (int i = 1; i < 100; i++) {
            int process = random.nextInt(2);
            step(replicas.get(process), process, random);
            if (random.nextInt(3) == 0) {
              merge.merge(replicas.get(process).takeDelta(process, i, 1));
            }
            if (random.nextInt(5) == 0) {
              replicas.get(random.nextInt(2)).fold(merge.publish());
            }
          }
          for (int process = 0; process < 2; process++) {
            merge.merge(replicas.get(process).takeDelta(process, 100, 1));
          }
          DenseModel last = merge.publish();
          replicas.forEach(replica -> replica.fold(last));

          for (String name : NAMES) {
            assertThat(read(replicas.get(0), name)).containsExactly(read(replicas.get(1), name));
          }
        });
  }

  // -- bases

  private static final int WIDTH = 2;

  private static float[] basis(DenseReplica replica) {
    float[] basis = new float[WIDTH * WIDTH];
    replica.readBasis("user", WIDTH, basis);
    return basis;
  }

  @Test
  void aBasisBeginsAsTheIdentityAlsoWhereADeltaIsTheFirstToNameIt() {
    assertThat(basis(replica)).containsExactly(1, 0, 0, 1);

    // No gradient but of the last entry: the others are what they began as.
    replica.stepBasis(0, "user", WIDTH, new float[] {0, 0, 0, 1}, new float[] {0, 0, 0, 1});
    merge.merge(replica.takeDelta(0, 10, 1));
    Parameters published = merge.publish().getParameters(0);

    assertThat(published.getName()).isEqualTo("basis/user");
    assertThat(published.getWeightsList().subList(0, 3)).containsExactly(1f, 0f, 0f);
    assertThat(published.getAccumulatorsList()).containsExactly(0f, 0f, 0f, 1f);
  }

  @Test
  void aStepOfABasisDividesByTheRootOfTheRowsSquares() {
    replica.stepBasis(0, "user", WIDTH, new float[] {3, -1, 0, 1e9f}, new float[] {8.9f, 0, 0, 1});

    // 0.1 * 3 / sqrt(8.9 + 0.1); -1 / sqrt(0.1) and the last one are cut at 1.
    assertThat(basis(replica))
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(0.9f, 0.1f, 0, 0.9f);
  }

  @Test
  void anEntryWhoseGradientIsNoNumberStaysAsItIs() {
    float[] gradients = {Float.NaN, 1, Float.POSITIVE_INFINITY, 1};
    float[] squares = {1, 1, 1, Float.POSITIVE_INFINITY};
    replica.stepBasis(0, "user", WIDTH, gradients, squares);

    float[] stepped = basis(replica);
    assertThat(stepped[0]).isEqualTo(1);
    assertThat(stepped[1]).isNegative();
    assertThat(stepped[2]).isZero();
    assertThat(stepped[3]).isEqualTo(1);
  }

  /** What each trainer changed adds up, whether they share a replica or not. */
  @Test
  void theStepsOfTwoTrainersAddUp() {
    var other = new DenseReplica(optimizer);
    float[] gradients = {1, 2, 0, 0};
    float[] squares = {1, 4, 0, 0};
    replica.stepBasis(1, "user", WIDTH, gradients, squares);
    other.stepBasis(2, "user", WIDTH, gradients, squares);
    float[] once = basis(replica);
    merge.merge(replica.takeDelta(1, 10, 1));
    merge.merge(other.takeDelta(2, 20, 1));
    DenseModel model = merge.publish();
    replica.fold(model);
    other.fold(model);

    float[] twice = basis(replica);
    assertThat(basis(other)).containsExactly(twice);
    assertThat(twice)
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(2 * once[0] - 1, 2 * once[1], 0, 1);
    assertThat(model.getParameters(0).getAccumulatorsList()).containsExactly(2f, 8f, 0f, 0f);
  }

  @Test
  void forgettingATrainerTakesBackItsStepsOfABasis() {
    float[] gradients = {1, 2, 3, 4};
    replica.stepBasis(1, "user", WIDTH, gradients, gradients);
    float[] before = basis(replica);
    replica.stepBasis(2, "user", WIDTH, gradients, gradients);
    assertThat(basis(replica)).isNotEqualTo(before);

    replica.forget(2);

    assertThat(basis(replica)).containsExactly(before);
  }

  @Test
  void aBasisThatIsNotSquareIsRefused() {
    var delta = DenseDelta.newBuilder().addChanges(parameters("basis/user", 3, 3));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> merge.merge(delta.build()))
        .withMessageContaining("a square number");
  }

  /** One process with three trainers; deltas and versions travel as late as they like. */
  private static final class Interleaving {
    final DenseReplica replica;
    final DenseReplica alone;
    final DenseMerge merge;
    final Queue<DenseDelta> deltas = new ArrayDeque<>();
    final Queue<DenseModel> versions = new ArrayDeque<>();
    long offset;

    Interleaving(Adagrad optimizer) {
      replica = new DenseReplica(optimizer);
      alone = new DenseReplica(optimizer);
      merge = new DenseMerge(optimizer);
    }

    void operate(RandomGenerator random) {
      int trainer = random.nextInt(3);
      switch (random.nextInt(8)) {
        case 0 -> take(trainer);
        case 1 -> mergeNext();
        case 2 -> versions.add(merge.publish());
        case 3 -> foldNext();
        default -> {
          long seed = random.nextLong();
          step(replica, trainer, new SplittableRandom(seed));
          step(alone, trainer, new SplittableRandom(seed));
        }
      }
    }

    private void take(int trainer) {
      DenseDelta delta = replica.takeDelta(trainer, ++offset, 1);
      if (delta.getChangesCount() > 0) {
        deltas.add(delta);
      }
    }

    private void mergeNext() {
      if (!deltas.isEmpty()) {
        merge.merge(deltas.remove());
      }
    }

    private void foldNext() {
      if (!versions.isEmpty()) {
        replica.fold(versions.remove());
      }
    }

    void check() {
      for (String name : NAMES) {
        float[] expected = read(alone, name);
        float[] actual = read(replica, name);
        for (int i = 0; i < expected.length; i++) {
          assertThat(actual[i]).isCloseTo(expected[i], within(1e-3f * (1 + Math.abs(expected[i]))));
        }
      }
    }

    void finish() {
      for (int trainer = 0; trainer < 3; trainer++) {
        take(trainer);
      }
      while (!deltas.isEmpty()) {
        mergeNext();
      }
      DenseModel last = merge.publish();
      replica.fold(last);
      check();
      for (Parameters parameters : last.getParametersList()) {
        assertThat(read(replica, parameters.getName()))
            .containsExactly(DenseParameters.toState(parameters));
      }
    }
  }

  private static void step(DenseReplica replica, int trainer, RandomGenerator random) {
    float[] gradient = new float[Gradient.length(DIMENSION)];
    for (int i = 0; i <= DIMENSION; i++) {
      gradient[i] = (float) random.nextGaussian();
      gradient[DIMENSION + (i == 0 ? 1 : 2)] += gradient[i] * gradient[i];
    }
    replica.step(trainer, NAMES.get(random.nextInt(3)), DIMENSION, gradient, 0);
  }

  private static float[] read(DenseReplica replica, String name) {
    float[] state = new float[RowEncoding.FLOAT32_ADAGRAD.stateLength(DIMENSION)];
    replica.read(name, DIMENSION, state, 0);
    return state;
  }
}
