package dev.varve.learn;

import static dev.varve.learn.KeyedExamples.NOW_MS;
import static dev.varve.learn.KeyedExamples.example;
import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import dev.varve.event.KeyedExample;
import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.learn.ModelConfig.HeadKind;
import dev.varve.schema.Parameters;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.testing.Cases;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
  private static final int SHARDS = 3;

  private record Sent(UpdateBatch batch, int shard) {}

  /** Whether somebody likes something depends on the pair alone: no linear model can learn it. */
  @ParameterizedTest
  @EnumSource(BasisKind.class)
  void itLearnsWhoLikesWhatFarBeyondTheBaseRate(BasisKind basis) {
    var run = new Run(4, 0, 1_000_000, basis);
    var random = new SplittableRandom(1);
    var late = new QualitySum();
    for (int batch = 0; batch < 1_200; batch++) {
      for (int i = 0; i < 16; i++) {
        long user = random.nextInt(40);
        long item = random.nextInt(40);
        boolean likes = (user + item) % 2 == 0;
        float label = random.nextInt(10) == 0 == likes ? 0 : 1;
        run.trainer(0)
            .add(example().label(label).categories(0, user).categories(1, item).build(), "");
      }
      run.learn(0);
      if (batch >= 900) {
        run.trainer(0).takeQuality(batch, false).getSourcesList().forEach(late::add);
      } else {
        run.trainer(0).takeQuality(batch, false);
      }
    }

    // The base rate's is 0.693, that of the truth 0.325.
    assertThat(late.logLoss()).isBetween(0.30, 0.45);
    assertThat(late.auc()).isGreaterThan(0.85);
    assertThat(late.calibration()).isCloseTo(1, within(0.1));
  }

  @Test
  void itLearnsFromNumbers() {
    var run = new Run(4, 0);
    var random = new SplittableRandom(1);
    var late = new QualitySum();
    for (int batch = 0; batch < 400; batch++) {
      for (int i = 0; i < 16; i++) {
        float number = (float) random.nextGaussian();
        float label = random.nextDouble() < 1 / (1 + Math.exp(-3 * number - 1)) ? 1 : 0;
        run.trainer(0).add(example().label(label).number(5, number).build(), "");
      }
      run.learn(0);
      var quality = run.trainer(0).takeQuality(batch, false);
      if (batch >= 200) {
        quality.getSourcesList().forEach(late::add);
      }
    }

    assertThat(late.logLoss()).isLessThan(0.45);
  }

  @Test
  void everyExampleAndEveryOccurrenceIsCountedOnceOnTheRightShard() {
    forAll(
        30,
        random -> {
          var run = new Run(2, random.nextInt(5));
          Map<String, Long> expected = new HashMap<>();
          int examples = 0;
          for (int batch = 0; batch < 20; batch++) {
            for (int i = random.nextInt(20); i > 0; i--) {
              KeyedExample example = KeyedExamples.random(random, 40);
              count(example, expected);
              run.trainer(0).add(example, "");
              examples++;
            }
            run.learn(0);
          }
          run.tables.applyAllBut(0);

          assertThat(run.tables.examples()).isEqualTo(examples);
          assertThat(run.tables.occurrences()).isEqualTo(expected);
        });
  }

  private static void count(KeyedExample example, Map<String, Long> occurrences) {
    int from = 0;
    for (int i = 0; i < example.fields().length; i++) {
      int ids = example.ends()[i] - from;
      from = example.ends()[i];
      occurrences.merge("c" + example.fields()[i], (long) ids, Long::sum);
    }
  }

  @Test
  void anUpdateBatchNamesItsTrainerItsOffsetItsLayoutAndItsTimes() {
    var run = new Run(2, 0);
    run.trainer(5).add(example().categories(0, 1).timeMs(NOW_MS - 30).build(), "");
    run.trainer(5).add(example().categories(0, 2).timeMs(NOW_MS).build(), "");
    run.trainer(5).add(example().categories(0, 1).timeMs(NOW_MS - 20).build(), "");
    List<Sent> sent = run.updates(5, 77, 9);

    Map<Long, Long> times = new HashMap<>();
    Map<Long, Integer> occurrences = new HashMap<>();
    for (Sent update : sent) {
      assertThat(update.batch.getTrainer()).isEqualTo(5);
      assertThat(update.batch.getEndOffset()).isEqualTo(77);
      assertThat(update.batch.getLayoutVersion()).isEqualTo(9);
      assertThat(update.batch.getEventTimeMs()).isEqualTo(NOW_MS);
      for (TableUpdate table : update.batch.getTablesList()) {
        for (int i = 0; i < table.getKeysCount(); i++) {
          times.put(table.getKeys(i), NOW_MS + table.getEventTimeOffsetsMs(i));
          occurrences.put(table.getKeys(i), table.getOccurrences(i));
        }
      }
    }
    assertThat(times).isEqualTo(Map.of(1L, NOW_MS - 20, 2L, NOW_MS));
    assertThat(occurrences).isEqualTo(Map.of(1L, 2, 2L, 1));
  }

  @Test
  void theBiasTakesAStepPerMicroBatchFromTheSlopesOfItsWeightedExamples() {
    var run = new Run(2, 0);
    float[] expected = run.optimizer.initial("bias", 0);
    float[] bias = new float[2];
    for (int batch = 0; batch < 5; batch++) {
      run.trainer(0).add(example().label(1).weight(3).build(), "");
      run.trainer(0).add(example().label(0).weight(0.5f).build(), "");
      float p = (float) QualitySum.probability(expected[0]);
      float clicked = 3 * (p - 1);
      float notClicked = p / 2;
      float squares = clicked * clicked + notClicked * notClicked;
      run.optimizer.step(expected, 0, 0, new float[] {clicked + notClicked, squares, 0}, 0);
      run.learn(0);

      run.shared.dense().read("bias", 0, bias, 0);
      assertThat(bias).usingComparatorWithPrecision(1e-5f).containsExactly(expected);
    }
  }

  @Test
  void aRowsGradientIsTheSumOverItsWeightedExamples() {
    var run = new Run(1, 0);
    run.trainer(0).add(example().label(1).weight(3).categories(0, 1).build(), "");
    run.trainer(0).add(example().label(0).categories(0, 1).build(), "");
    var gradients = run.updates(0, 1, 1).getFirst().batch.getTables(0).getGradients();

    // Predicted 1/2 both: slopes -1.5 and 0.5, and a vector that meets no other has none.
    float[] floats = new float[Gradient.length(1)];
    gradients.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    assertThat(floats).containsExactly(-1, 0, 2.5f, 0);
  }

  @Test
  void noTableComesTwiceInAnUpdateBatch() {
    var run = new Run(2, 0);
    var random = new SplittableRandom(1);
    for (int i = 0; i < 200; i++) {
      run.trainer(0).add(KeyedExamples.random(random, 100), "");
    }

    for (Sent update : run.updates(0, 1, 1)) {
      assertThat(update.batch.getTablesList().stream().map(TableUpdate::getTable))
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void examplesWithoutCategoriesAreCountedAllTheSame() {
    var run = new Run(2, 0);
    run.trainer(0).add(example().number(5, 1).build(), "");
    run.trainer(0).add(example().build(), "");
    List<Sent> sent = run.updates(0, 1, 1);

    assertThat(sent).hasSize(1);
    assertThat(sent.getFirst().batch.getExamples()).isEqualTo(2);
    assertThat(sent.getFirst().batch.getTablesList()).isEmpty();
  }

  @Test
  void anEmptyMicroBatchSendsNothing() {
    assertThat(new Run(2, 0).updates(0, 1, 1)).isEmpty();
  }

  @Test
  void aLargeMicroBatchIsSentInPartsThatKafkaTakes() {
    var run = new Run(64, 0);
    for (int i = 0; i < 10; i++) {
      run.trainer(0).add(example().categories(3, thousand(i)).build(), "");
    }
    List<Sent> sent = run.updates(0, 1, 1);

    assertThat(sent.size()).isGreaterThan(SHARDS);
    assertThat(sent)
        .allSatisfy(update -> assertThat(update.batch.getSerializedSize()).isLessThan(1_000_000));
    sent.forEach(update -> run.tables.send(update.batch, update.shard));
    run.tables.applyAllBut(0);
    assertThat(run.tables.examples()).isEqualTo(10);
    assertThat(run.tables.occurrences()).isEqualTo(Map.of("c3", 10_000L));
  }

  @Test
  void aMicroBatchIsFullByExamplesOrByRows() {
    var run = new Run(2, 0);
    Trainer trainer = run.trainer(0);
    trainer.add(example().categories(0, 1).build(), "");
    assertThat(trainer.isFull(2)).isFalse();
    trainer.add(example().categories(0, 1).build(), "");
    assertThat(trainer.isFull(2)).isTrue();
    assertThat(trainer.isFull(1_000)).isFalse();
    for (int i = 0; i < 20; i++) {
      trainer.add(example().categories(0, thousand(i)).build(), "");
    }
    assertThat(trainer.isFull(1_000)).isTrue();
  }

  private static long[] thousand(int thousands) {
    return LongStream.range(0, 1_000).map(i -> 1_000L * thousands + i).toArray();
  }

  @Test
  void examplesAreCountedBySourceAndRefusalsBesideThem() {
    var run = new Run(2, 0);
    Trainer trainer = run.trainer(0);
    assertThat(trainer.hasQuality()).isFalse();
    trainer.add(example().build(), "web");
    trainer.rejected("app");
    run.learn(0);
    assertThat(trainer.hasQuality()).isTrue();
    var quality = trainer.takeQuality(7, false);

    assertThat(quality.getEndOffset()).isEqualTo(7);
    assertThat(quality.getSourcesList()).extracting("source").containsExactly("app", "web");
    assertThat(quality.getSources(0).getRejected()).isEqualTo(1);
    assertThat(quality.getSources(1).getExamples()).isEqualTo(1);
    assertThat(trainer.hasQuality()).isFalse();
  }

  /** Two trainers that share what they have in flight, beside tables that are late. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 50})
  void itPredictsTheSameHoweverLateTheTablesAre(int delay) {
    for (int trainers = 1; trainers <= 2; trainers++) {
      List<double[]> atOnce = new Run(4, 0).predictions(trainers);
      List<double[]> late = new Run(4, delay).predictions(trainers);

      assertThat(late).hasSameSizeAs(atOnce);
      for (int i = 0; i < late.size(); i++) {
        assertThat(late.get(i)[0]).isCloseTo(atOnce.get(i)[0], within(1e-5));
        assertThat(late.get(i)[1]).isCloseTo(atOnce.get(i)[1], within(1e-5));
      }
      double[] last = late.getLast();
      assertThat(last[0]).isNotEqualTo(late.getFirst()[0]);
    }
  }

  /** A trainer keeps them as if they were wide; what it computes is of what they have. */
  @ParameterizedTest
  @EnumSource(BasisKind.class)
  void itPredictsTheSameWithRowsOfSeveralDimensions(BasisKind basis) {
    List<List<double[]>> predictions = new ArrayList<>();
    for (int delay : new int[] {0, 5}) {
      var run = new Run(4, delay, 1_000_000, basis);
      run.tables.narrow(1, 2);
      run.tables.narrow(3, 1);
      predictions.add(run.predictions(2));
    }

    for (int i = 0; i < predictions.getFirst().size(); i++) {
      double[] atOnce = predictions.get(0).get(i);
      assertThat(predictions.get(1).get(i)).containsExactly(atOnce, within(1e-5));
      assertThat(atOnce[0]).isFinite();
    }
  }

  @ParameterizedTest
  @EnumSource(BasisKind.class)
  void aCategoryWithoutARowSaysNothing(BasisKind basis) {
    var run = new Run(4, 0, 1_000_000, basis);
    run.tables.admitFrom(2);
    run.trainer(0).add(example().label(1).categories(0, 1).categories(1, 1).build(), "");

    assertThat(run.trainer(0).learn(1, 1, run.tables::send)).isEmpty();

    assertThat(sum(run.trainer(0)).logLoss()).isCloseTo(Math.log(2), within(1e-9));
  }

  /** Until then nothing is learned for it; what is on its way to late tables counts. */
  @Test
  void aCategoryIsLearnedForAsSoonAsItWillHaveARow() {
    var run = new Run(2, 1_000);
    run.tables.admitFrom(5);
    List<Integer> dimensions = new ArrayList<>();
    List<List<Integer>> found = new ArrayList<>();
    for (int batch = 0; batch < 4; batch++) {
      run.trainer(0).add(example().label(1).categories(0, 1).build(), "");
      run.trainer(0).add(example().label(0).categories(0, 1).build(), "");
      for (Sent update : run.updates(0, batch + 1, 1)) {
        dimensions.add(update.batch.getTables(0).getDimensions(0));
        found.add(update.batch.getTables(0).getFoundList());
      }
    }

    assertThat(dimensions).containsExactly(0, 0, 2, 2);
    assertThat(found).containsExactly(List.of(), List.of(), List.of(0), List.of(0));
  }

  @Test
  void withTooMuchInFlightReadsAreStalerAndNothingBreaks() {
    var run = new Run(4, 50, 100);
    List<double[]> predictions = run.predictions(2);

    assertThat(predictions).allSatisfy(sums -> assertThat(sums[0]).isFinite());
    assertThat(run.trainer(0).rowsBehind()).isBetween(0, 100);
  }

  @Test
  void whatWasNotCommittedIsForgottenAndCanBeLearnedAgain() {
    var run = new Run(4, 1_000);
    run.batch(0, 1);
    run.commit(0);
    double[] before = run.batch(0, 2);
    run.trainer(0).close();
    run.tables.loseWaiting();
    run.restart(0);
    double[] again = run.batch(0, 2);

    assertThat(again[0]).isCloseTo(before[0], within(1e-5));
    assertThat(again[1]).isCloseTo(before[1], within(1e-5));
  }

  /** Learned as not clicked and then corrected, an example leaves the gradient of a clicked one. */
  @Test
  void aNegativeAndItsCorrectionAreTogetherAPositive() {
    for (float kept : new float[] {1, 0.25f}) {
      double[] both = gradients(kept, List.of(0f, 1f), true);
      double[] one = gradients(kept, List.of(1f), false);

      assertThat(both.length).isEqualTo(one.length).isGreaterThan(2);
      for (int i = 0; i < one.length; i++) {
        assertThat(both[i]).isCloseTo(one[i], within(1e-6 * Math.abs(one[i])));
      }
    }
  }

  /** Of the same example with these labels, the last a correction or not: sums without squares. */
  private static double[] gradients(float kept, List<Float> labels, boolean isCorrected) {
    var run = new Run(4, 0);
    for (int i = 0; i < labels.size(); i++) {
      var example =
          example()
              .label(labels.get(i))
              .weight(3)
              .negativesKept(kept)
              .categories(0, 1)
              .categories(1, 2)
              .number(5, 2);
      boolean isLast = i == labels.size() - 1;
      run.trainer(0).add((isCorrected && isLast ? example.correction() : example).build(), "");
    }
    List<Double> sums = new ArrayList<>();
    run.trainer(0)
        .learn(
            1,
            1,
            (update, shard) -> {
              for (TableUpdate table : update.getTablesList()) {
                var floats =
                    table
                        .getGradients()
                        .asReadOnlyByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer();
                for (int i = 0; i < 1 + 4; i++) {
                  sums.add((double) floats.get(i));
                }
              }
            });
    return sums.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** A fifth of the clicks come late, and of those who do not click only a part is learned. */
  @ParameterizedTest
  @ValueSource(floats = {1, 0.2f})
  void predictsTheTrueRateWhenClicksAreLateAndNegativesLeftOut(float kept) {
    var run = new Run(4, 0);
    var random = new SplittableRandom(4);
    var late = new ArrayList<KeyedExample>();
    double[] rates = {0.05, 0.1, 0.3, 0.6};
    int steps = 4_000;
    for (int step = 0; step < steps; step++) {
      for (int i = 0; i < 16; i++) {
        int item = random.nextInt(rates.length);
        var example = example().negativesKept(kept).categories(0, item);
        boolean isClicked = random.nextDouble() < rates[item];
        boolean isLate = isClicked && random.nextInt(5) == 0;
        boolean isKept = random.nextDouble() < kept;
        if (isClicked && !isLate) {
          run.trainer(0).add(example.label(1).build(), "");
        } else {
          if (isKept) {
            run.trainer(0).add(example.label(0).build(), "");
          }
          if (isLate) {
            late.add((isKept ? example.label(1).correction() : example.label(1)).build());
          }
        }
      }
      while (late.size() > 100) {
        run.trainer(0).add(late.remove(0), "");
      }
      run.learn(0);
      if (step == steps / 2) {
        run.trainer(0).takeQuality(1, false);
      }
    }

    var sum = new QualitySum();
    run.trainer(0).takeQuality(2, false).getSourcesList().forEach(sum::add);

    assertThat(sum.calibration()).isCloseTo(1, within(0.02));
    // The entropy of the four rates.
    assertThat(sum.logLoss()).isCloseTo(0.4518, within(0.02));
  }

  /** With half of the negatives left out, each counts for two. */
  @Test
  void qualityIsOfWhatWasPredictedWhenItWasShown() {
    var run = new Run(4, 0);
    var shown = example().negativesKept(0.5f).categories(0, 1).predicted(2);
    run.trainer(0).add(shown.label(0).build(), "");
    run.learn(0);
    assertThat(sum(run.trainer(0)).logLoss()).isCloseTo(QualitySum.logLoss(2, 0), within(1e-9));

    run.trainer(0).add(shown.label(0).build(), "");
    run.trainer(0).add(shown.label(1).correction().build(), "");
    run.learn(0);
    QualitySum corrected = sum(run.trainer(0));
    assertThat(corrected.logLoss()).isCloseTo(QualitySum.logLoss(2, 1), within(1e-9));
    assertThat(corrected.calibration()).isCloseTo(QualitySum.probability(2), within(1e-9));
  }

  /** A row that is no number takes its examples with it, and no other. */
  @Test
  void anExampleWhosePredictionIsNoNumberIsNotLearned() {
    var run = new Run(4, 0);
    run.tables.poison(0);
    var good = example().categories(1, 1, 2).build();
    var bad = example().categories(0, 1).categories(1, 1, 2).build();
    run.trainer(0).add(good, "");
    run.trainer(0).add(bad, "");
    run.trainer(0).add(good, "");
    List<UpdateBatch> sent = new ArrayList<>();

    assertThat(run.trainer(0).learn(1, 1, (update, _) -> sent.add(update))).containsExactly(1);

    assertThat(sent.stream().mapToInt(UpdateBatch::getExamples).sum()).isEqualTo(2);
    QualitySum quality = sum(run.trainer(0));
    assertThat(quality.examples()).isEqualTo(2);
    assertThat(quality.logLoss()).isFinite();
  }

  /** Its slope is 0, but 0 times infinity is no number. */
  @ParameterizedTest
  @EnumSource(HeadKind.class)
  void whatAnExampleThatIsNotLearnedSharesWithOthersIsSteppedAllTheSame(HeadKind head) {
    Map<String, float[]> expected = stepsBesidePoison(head, false);
    Map<String, float[]> steps = stepsBesidePoison(head, true);

    assertThat(expected).containsKeys("c1", "c2");
    expected.forEach(
        (name, floats) -> {
          float[] of = steps.getOrDefault(name, new float[0]);
          assertThat(of).as(name).hasSameSizeAs(floats);
          for (int i = 0; i < of.length; i++) {
            // Perceptrons divide squares by the number of examples.
            assertThat(of[i])
                .as(name)
                .isCloseTo(floats[i], within(1e-6f + 0.1f * Math.abs(floats[i])));
          }
        });
  }

  /** Gradients by table and changes of dense weights by name, of two good examples. */
  private static Map<String, float[]> stepsBesidePoison(HeadKind head, boolean isThere) {
    var run = new Run(head);
    var good = example().categories(1, 1).categories(2, 2).number(5, 1).build();
    var bad = example().categories(0, 1).categories(1, 1).categories(2, 2).number(5, 1).build();
    for (int batch = 0; batch < 3; batch++) {
      run.trainer(0).add(good, "");
      run.learn(0);
      run.commit(0);
    }
    run.tables.poison(0);
    run.trainer(0).add(good, "");
    if (isThere) {
      run.trainer(0).add(bad, "");
    }
    run.trainer(0).add(good, "");
    Map<String, float[]> steps = new HashMap<>();
    for (Sent sent : run.updates(0, 9, 1)) {
      for (TableUpdate update : sent.batch().getTablesList()) {
        if (!update.getTable().equals("c0")) {
          steps.put(update.getTable(), floats(update.getGradients()));
        }
      }
    }
    for (Parameters change : run.trainer(0).takeDense(9, 1).getChangesList()) {
      if (!change.getName().contains("c0")) {
        float[] weights = new float[change.getWeightsCount()];
        for (int i = 0; i < weights.length; i++) {
          weights[i] = change.getWeights(i);
        }
        steps.put(change.getName(), weights);
      }
    }
    return steps;
  }

  private static float[] floats(ByteString bytes) {
    float[] floats = new float[bytes.size() / Float.BYTES];
    bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  /** As many examples warm up as two batches have; the tables step as far as the trainer did. */
  @Test
  void ratesAreThoseOfTheExamplesSoFar() {
    var config =
        new OptimizerConfig(OptimizerKind.ADAGRAD, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0, 100, 8, 0, 1);
    var run = new Run(4, 0, 1_000_000, BasisKind.IDENTITY, new Adagrad(config, 3));
    List<UpdateBatch> sent = new ArrayList<>();
    for (int batch = 0; batch < 3; batch++) {
      for (int i = 0; i < 4; i++) {
        run.trainer(0).add(example().categories(0, 1).number(5, 1).build(), "");
      }
      run.trainer(0).learn(4L * (batch + 1), 1, (update, _) -> sent.add(update));
    }

    assertThat(sent).extracting(UpdateBatch::getRate).containsExactly(0.125f, 0.625f, 0f);
    assertThat(sent.getLast().hasRate()).isFalse();
  }

  @Test
  void rowsOfThisProcessAreSteppedByWhatWouldBeSent() {
    forAll(
        30,
        random -> {
          var sending = new Run(4, 0);
          var stepping = new Run(4, 0);
          int admission = random.nextInt(1, 4);
          sending.tables.admitFrom(admission);
          stepping.tables.admitFrom(admission);
          for (int i = random.nextInt(1, 50); i > 0; i--) {
            KeyedExample example = KeyedExamples.random(random, 40);
            sending.trainer(0).add(example, "");
            stepping.trainer(0).add(example, "");
          }
          Map<String, List<Object>> sent = new HashMap<>();
          sending.updates(0, 1, 1).forEach(part -> collect(part, sent));
          Map<String, List<Object>> stepped = new HashMap<>();
          Set<String> groups = new HashSet<>();
          stepping
              .trainer(0)
              .learn(
                  (shard, table, rows) -> {
                    assertThat(groups.add(shard + table)).as("a table's rows, at once").isTrue();
                    collect(shard, table, rows, stepped);
                  });

          assertThat(stepped).isNotEmpty().isEqualTo(sent);
        });
  }

  private static void collect(Sent part, Map<String, List<Object>> into) {
    for (TableUpdate table : part.batch.getTablesList()) {
      var bytes = table.getGradients().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      var all = bytes.asFloatBuffer();
      for (int i = 0; i < table.getKeysCount(); i++) {
        float[] gradient = new float[table.getDimensions(i) == 0 ? 0 : Gradient.length(4)];
        all.get(gradient);
        collect(
            part.shard + table.getTable() + table.getKeys(i),
            table.getOccurrences(i),
            part.batch.getEventTimeMs() + table.getEventTimeOffsetsMs(i),
            gradient,
            into);
      }
    }
  }

  private static void collect(
      int shard, String table, RowSteps.Columns rows, Map<String, List<Object>> into) {
    for (int i = 0; i < rows.size(); i++) {
      int at = rows.at()[i];
      float[] gradient = new float[at < 0 ? 0 : Gradient.length(4)];
      System.arraycopy(rows.gradients(), Math.max(at, 0), gradient, 0, gradient.length);
      String name = shard + table + rows.categories()[i];
      collect(name, rows.occurrences()[i], rows.timesMs()[i], gradient, into);
    }
  }

  private static void collect(
      String row, int occurrences, long timeMs, float[] gradient, Map<String, List<Object>> into) {
    List<Object> of = List.of(occurrences, timeMs, Arrays.toString(gradient));
    assertThat(into.put(row, of)).as("%s, once", row).isNull();
  }

  private static QualitySum sum(Trainer trainer) {
    var sum = new QualitySum();
    trainer.takeQuality(1, false).getSourcesList().forEach(sum::add);
    return sum;
  }

  /** Trainers of one process on tables that are some batches late. */
  private static final class Run {
    static final Adagrad USUAL =
        new Adagrad(
            new OptimizerConfig(
                OptimizerKind.ADAGRAD, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0, 100, 0, 0, 1),
            3);
    final Adagrad optimizer;
    final Tables tables;
    final DenseMerge merge;
    final int dimension;
    final int delay;
    final Trainer.Shared shared;
    final Map<Integer, Trainer> trainers = new HashMap<>();
    long offset;

    Run(int dimension, int delay) {
      this(dimension, delay, 1_000_000);
    }

    Run(int dimension, int delay, int capacity) {
      this(dimension, delay, capacity, BasisKind.IDENTITY);
    }

    Run(int dimension, int delay, int capacity, BasisKind basis) {
      this(dimension, delay, capacity, basis, USUAL);
    }

    Run(int dimension, int delay, int capacity, BasisKind basis, Adagrad optimizer) {
      this(
          delay,
          capacity,
          optimizer,
          new ModelConfig(dimension, HeadKind.FM, List.of(), List.of(), basis, 3));
    }

    Run(HeadKind head) {
      this(
          0,
          1_000_000,
          USUAL,
          new ModelConfig(4, head, List.of(3), List.of(5), BasisKind.LEARNED, 3));
    }

    private Run(int delay, int capacity, Adagrad optimizer, ModelConfig model) {
      this.optimizer = optimizer;
      this.merge = new DenseMerge(optimizer);
      this.dimension = model.dimension();
      this.delay = delay;
      this.tables = new Tables(SHARDS, dimension, optimizer);
      this.shared =
          new Trainer.Shared(
              KeyedExamples.features(),
              tables,
              new InFlight(2 * (1 + dimension), capacity),
              new DenseReplica(optimizer),
              optimizer,
              model);
    }

    Trainer trainer(int partition) {
      return trainers.computeIfAbsent(
          partition, number -> new Trainer(number, SHARDS, dimension, shared));
    }

    void restart(int partition) {
      trainers.remove(partition);
    }

    void learn(int partition) {
      trainer(partition).learn(++offset, 1, tables::send);
      trainer(partition).committing();
      tables.applyAllBut(delay);
    }

    /** Tables and dense model take in all that was sent. */
    void commit(int partition) {
      tables.applyAllBut(0);
      merge.merge(trainer(partition).takeDense(offset, 1));
      shared.dense().fold(merge.publish());
    }

    /** Learns, and keeps what would be sent. */
    List<Sent> updates(int partition, long endOffset, long layoutVersion) {
      List<Sent> sent = new ArrayList<>();
      trainer(partition)
          .learn(endOffset, layoutVersion, (batch, shard) -> sent.add(new Sent(batch, shard)));
      return sent;
    }

    /** Log-loss and mean prediction of each micro-batch. */
    List<double[]> predictions(int trainerCount) {
      List<double[]> sums = new ArrayList<>();
      for (int batch = 0; batch < 150; batch++) {
        sums.add(batch(batch % trainerCount, batch));
      }
      return sums;
    }

    double[] batch(int partition, long seed) {
      forSeed(seed, partition);
      learn(partition);
      var quality = trainer(partition).takeQuality(offset, false).getSources(0);
      return new double[] {
        quality.getLogLoss() / quality.getExamples(), quality.getPredicted() / quality.getExamples()
      };
    }

    private void forSeed(long seed, int partition) {
      Cases.forSeed(
          seed,
          random -> {
            for (int i = 0; i < 8; i++) {
              trainer(partition).add(KeyedExamples.random(random, 20), "");
            }
          });
    }
  }
}
