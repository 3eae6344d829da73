package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.learn.QualitySum.Prediction;
import dev.varve.schema.Quality;
import dev.varve.schema.ScoreBin;
import dev.varve.schema.SourceQuality;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Tally, sum and window, from predictions to figures. */
class QualityTest {
  @Test
  void logLossIsTheWeightedMeanOfTheCrossEntropy() {
    forAll(
        100,
        random -> {
          var tally = new QualityTally();
          double loss = 0;
          double weights = 0;
          double clicks = 0;
          double predicted = 0;
          for (int i = random.nextInt(1, 300); i > 0; i--) {
            float logit = (float) (3 * random.nextGaussian());
            float label = random.nextInt(3) == 0 ? random.nextFloat() : random.nextInt(2);
            float weight = random.nextFloat(0.1f, 5);
            tally.predicted(
                "", Prediction.of(logit, (double) weight * label, (double) weight * (1 - label)));
            double p = 1 / (1 + Math.exp(-logit));
            loss -= weight * (label * Math.log(p) + (1 - label) * Math.log(1 - p));
            weights += weight;
            clicks += (double) weight * label;
            predicted += weight * p;
          }
          QualitySum sum = sum(tally.take(0, 0).build());
          assertThat(sum.logLoss()).isCloseTo(loss / weights, within(1e-9));
          assertThat(sum.calibration())
              .isCloseTo(predicted / clicks, within(1e-9 * predicted / clicks));
        });
  }

  @Test
  void logLossIsFiniteForEveryFiniteLogit() {
    for (float logit : new float[] {-Float.MAX_VALUE, -1e4f, -100, 0, 100, 1e4f, Float.MAX_VALUE}) {
      assertThat(QualitySum.logLoss(logit, 0)).isFinite().isNotNegative();
      assertThat(QualitySum.logLoss(logit, 1)).isFinite().isNotNegative();
      assertThat(QualitySum.probability(logit)).isBetween(0.0, 1.0);
    }
    assertThat(QualitySum.logLoss(-1e4f, 1)).isEqualTo(1e4);
  }

  @Test
  void aucIsTheShareOfPairsInTheRightOrder() {
    forAll(
        30,
        random -> {
          int n = random.nextInt(200, 1_000);
          float[] logits = new float[n];
          boolean[] clicked = new boolean[n];
          var tally = new QualityTally();
          double spread = random.nextDouble(0.5, 3);
          for (int i = 0; i < n; i++) {
            logits[i] = (float) (spread * random.nextGaussian() - 1);
            clicked[i] = random.nextDouble() < QualitySum.probability(logits[i]);
            tally.predicted("", Prediction.of(logits[i], clicked[i] ? 1 : 0, clicked[i] ? 0 : 1));
          }
          assertThat(sum(tally.take(0, 0).build()).auc())
              .isCloseTo(pairwise(logits, clicked), within(5e-4));
        });
  }

  private static double pairwise(float[] logits, boolean[] clicked) {
    double ordered = 0;
    long pairs = 0;
    for (int i = 0; i < logits.length; i++) {
      for (int k = 0; k < logits.length; k++) {
        if (clicked[i] && !clicked[k]) {
          pairs++;
          ordered += logits[i] > logits[k] ? 1 : logits[i] == logits[k] ? 0.5 : 0;
        }
      }
    }
    return ordered / pairs;
  }

  @Test
  void aucKnowsPerfectReversedAndUndecidedOrder() {
    assertThat(auc(1, -1)).isEqualTo(1);
    assertThat(auc(-1, 1)).isZero();
    assertThat(auc(0.3f, 0.3f)).isEqualTo(0.5);
    assertThat(auc(1e30f, -1e30f)).isEqualTo(1);
  }

  private static double auc(float clicked, float notClicked) {
    var tally = new QualityTally();
    tally.predicted("", Prediction.of(clicked, 2, 0));
    tally.predicted("", Prediction.of(notClicked, 0, 3));
    return sum(tally.take(0, 0).build()).auc();
  }

  @Test
  void withoutExamplesThereAreNoFigures() {
    var sum = new QualitySum();

    assertThat(sum.logLoss()).isNaN();
    assertThat(sum.auc()).isNaN();
    assertThat(sum.calibration()).isNaN();
  }

  @Test
  void whatIsRemovedCountsNoMore() {
    forAll(
        50,
        random -> {
          var window = new QualitySum();
          Deque<SourceQuality> kept = new ArrayDeque<>();
          for (int i = 0; i < 40; i++) {
            SourceQuality report = report(random, random.nextInt(1, 50));
            kept.add(report);
            window.add(report);
            if (kept.size() > 5) {
              window.remove(kept.remove());
            }
          }
          var fresh = new QualitySum();
          kept.forEach(fresh::add);

          assertThat(window.examples()).isEqualTo(fresh.examples());
          assertThat(window.rejected()).isEqualTo(fresh.rejected());
          assertThat(window.logLoss()).isCloseTo(fresh.logLoss(), within(1e-9));
          assertThat(window.auc()).isCloseTo(fresh.auc(), within(1e-9));
          assertThat(window.calibration()).isCloseTo(fresh.calibration(), within(1e-9));
        });
  }

  @Test
  void sumsThatAreAddedAreWhatWasCountedInOne() {
    forAll(
        50,
        random -> {
          for (boolean isCoarse : new boolean[] {true, false}) {
            QualitySum[] sums = new QualitySum[4];
            Arrays.setAll(sums, _ -> isCoarse ? QualitySum.coarse() : new QualitySum());
            for (int i = random.nextInt(1, 200); i > 0; i--) {
              float logit = (float) (3 * random.nextGaussian());
              int positive = random.nextInt(2);
              for (QualitySum sum : List.of(sums[0], sums[random.nextInt(1, 4)])) {
                sum.count(logit, positive, 1);
                sum.countRejected();
              }
            }
            sums[1].add(sums[2]);
            sums[1].add(sums[3]);

            SourceQuality added = sums[1].toProto("");
            SourceQuality all = sums[0].toProto("");
            assertThat(added.getScoresList()).isEqualTo(all.getScoresList());
            assertThat(added.getExamples()).isEqualTo(all.getExamples());
            assertThat(added.getRejected()).isEqualTo(all.getRejected());
            assertThat(added.getWeight()).isEqualTo(all.getWeight());
            assertThat(added.getPositives()).isEqualTo(all.getPositives());
            assertThat(added.getLogLoss()).isCloseTo(all.getLogLoss(), within(1e-9));
            assertThat(added.getPredicted()).isCloseTo(all.getPredicted(), within(1e-9));
          }
        });
  }

  /** As wide below zero as above, and those at the ends without end. */
  @Test
  void aBinHasTheLogitsFromItsFirstOnAndTheLastAllBeyond() {
    var fine = new QualitySum();
    var coarse = QualitySum.coarse();
    for (float logit : new float[] {-1e30f, -0.26f, -0.25f, -0.001f, 0, 0.249f, 0.25f, 1e30f}) {
      fine.count(logit, 1, 0);
      coarse.count(logit, 1, 0);
    }

    assertThat(bins(fine)).containsExactly(-1024, -17, -16, -1, 0, 15, 16, 1023);
    assertThat(bins(coarse)).containsExactly(-1024, -32, -16, 0, 16, 1008);
  }

  @Test
  void aReportsBinsBeyondTheLastAreCountedWithTheLast() {
    var sum = new QualitySum();
    var scores = SourceQuality.newBuilder();
    for (int bin : new int[] {Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      scores.addScores(ScoreBin.newBuilder().setBin(bin).setPositives(1));
    }
    sum.add(scores.build());

    assertThat(bins(sum)).containsExactly(-1024, 1023);
  }

  private static List<Integer> bins(QualitySum sum) {
    return sum.toProto("").getScoresList().stream().map(ScoreBin::getBin).toList();
  }

  @Test
  void aReportIsOfWhatWasCountedSinceTheLastOneBySource() {
    var tally = new QualityTally();
    assertThat(tally.isEmpty()).isTrue();
    tally.predicted("web", Prediction.of(0, 1, 0));
    tally.rejected("web");
    tally.predicted("app", Prediction.of(0, 1, 0));
    Quality report = tally.take(3, 99).build();

    assertThat(report.getTrainer()).isEqualTo(3);
    assertThat(report.getEndOffset()).isEqualTo(99);
    assertThat(report.getSourcesList()).extracting("source").containsExactly("web", "app");
    assertThat(report.getSources(0).getRejected()).isEqualTo(1);
    assertThat(tally.isEmpty()).isTrue();
    assertThat(tally.take(3, 100).build().getSourcesList()).isEmpty();
  }

  @Test
  void sourcesBeyondTheFirstManyAreCountedTogether() {
    var tally = new QualityTally();
    for (int i = 0; i < 10_000; i++) {
      tally.predicted("source-" + i, Prediction.of(0, 1, 0));
      tally.rejected("source-" + i);
    }
    tally.rejected("source-1");
    Quality report = tally.take(0, 0).build();

    assertThat(report.getSourcesCount()).isLessThanOrEqualTo(65);
    assertThat(sum(report).examples()).isEqualTo(10_000);
    assertThat(sum(report).rejected()).isEqualTo(10_001);
    assertThat(report.getSources(1).getRejected()).isEqualTo(2);
  }

  @Test
  void theWindowHoldsTheNewestExamples() {
    var window = new QualityWindow(100);
    for (int i = 0; i < 20; i++) {
      window.add(quality("a", 10, i < 10 ? 5 : -5));
    }

    assertThat(window.snapshot().examples()).isEqualTo(100);
    assertThat(window.snapshot().logLoss()).isCloseTo(QualitySum.logLoss(-5, 1), within(1e-9));
  }

  @Test
  void theWindowHoldsALargeReportWhole() {
    var window = new QualityWindow(100);
    window.add(quality("a", 10, 0));
    window.add(quality("a", 500, 0));
    assertThat(window.snapshot().examples()).isEqualTo(500);
    window.add(quality("a", 10, 0));
    assertThat(window.snapshot().examples()).isEqualTo(510);
  }

  @Test
  void refusalsAreCountedForEverAndPushNoExampleOut() {
    var window = new QualityWindow(100);
    window.add(quality("a", 10, 0));
    var refused = SourceQuality.newBuilder().setSource("a").setRejected(3);
    for (int i = 0; i < 1_000; i++) {
      window.add(Quality.newBuilder().addSources(refused).build());
    }

    assertThat(window.rejected()).isEqualTo(3_000);
    assertThat(window.snapshot().examples()).isEqualTo(10);
    assertThat(window.snapshot().logLoss()).isCloseTo(Math.log(2), within(1e-9));
  }

  private static Quality quality(String source, int examples, float logit) {
    var tally = new QualityTally();
    for (int i = 0; i < examples; i++) {
      tally.predicted(source, Prediction.of(logit, 1, 0));
    }
    return tally.take(0, 0).build();
  }

  private static SourceQuality report(RandomGenerator random, int examples) {
    var tally = new QualityTally();
    tally.predicted("", Prediction.of((float) random.nextGaussian(), 1, 0));
    tally.predicted("", Prediction.of((float) random.nextGaussian(), 0, 1));
    for (int i = 0; i < examples; i++) {
      tally.predicted("", Prediction.of((float) random.nextGaussian(), random.nextInt(2), 1));
      tally.rejected("");
    }
    return tally.take(0, 0).build().getSources(0);
  }

  private static QualitySum sum(Quality quality) {
    var sum = new QualitySum();
    quality.getSourcesList().forEach(sum::add);
    return sum;
  }
}
