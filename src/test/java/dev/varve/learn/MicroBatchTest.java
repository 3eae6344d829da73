package dev.varve.learn;

import static dev.varve.learn.KeyedExamples.NOW_MS;
import static dev.varve.learn.KeyedExamples.example;
import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import dev.varve.event.KeyedExample;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MicroBatchTest {
  private final FeatureSet features = KeyedExamples.features();
  private final MicroBatch batch = new MicroBatch(features);

  @Test
  void theSameCategoryOfTwoFeaturesIsTwoSlots() {
    batch.add(example().categories(0, 42).categories(1, 42).build(), "");

    assertThat(batch.slots()).isEqualTo(2);
    assertThat(batch.feature(0).name()).isEqualTo("c0");
    assertThat(batch.feature(1).name()).isEqualTo("c1");
    assertThat(batch.category(0)).isEqualTo(42);
    assertThat(batch.category(1)).isEqualTo(42);
  }

  @Test
  void aCategoryOfSeveralExamplesIsOneSlotThatCountsThem() {
    batch.add(example().categories(0, 42).timeMs(NOW_MS + 5).build(), "");
    batch.add(example().categories(0, 7).timeMs(NOW_MS + 9).build(), "");
    batch.add(example().categories(0, 42).timeMs(NOW_MS + 3).build(), "");

    assertThat(batch.size()).isEqualTo(3);
    assertThat(batch.slots()).isEqualTo(2);
    assertThat(batch.occurrences(0)).isEqualTo(2);
    assertThat(batch.occurrences(1)).isEqualTo(1);
    assertThat(batch.latestMs(0)).isEqualTo(NOW_MS + 5);
    assertThat(batch.latestMs(1)).isEqualTo(NOW_MS + 9);
    assertThat(batch.latestMs()).isEqualTo(NOW_MS + 9);
    assertThat(batch.slot(batch.firstTerm(batch.firstFeature(2)))).isZero();
  }

  @Test
  void theCategoriesOfAMultiValuedFeatureHaveEqualPartsOfOne() {
    batch.add(example().categories(3, 1, 2, 3, 1).categories(0, 1).build(), "");

    assertThat(batch.firstTerm(1) - batch.firstTerm(0)).isEqualTo(4);
    for (int term = 0; term < 4; term++) {
      assertThat(batch.scale(term)).isEqualTo(0.25f);
    }
    assertThat(batch.scale(4)).isEqualTo(1);
    assertThat(batch.slot(3)).isEqualTo(batch.slot(0));
    assertThat(batch.occurrences(batch.slot(0))).isEqualTo(2);
  }

  @Test
  void aNumericalFeatureIsOneSlotMultipliedByItsValues() {
    batch.add(example().number(5, 2.5f).build(), "");
    batch.add(example().number(5, -1).number(6, 3).build(), "");

    assertThat(batch.slots()).isEqualTo(2);
    assertThat(batch.isCategory(0)).isFalse();
    assertThat(batch.feature(0).name()).isEqualTo("n0");
    assertThat(batch.scale(0)).isEqualTo(2.5f);
    assertThat(batch.scale(1)).isEqualTo(-1);
    assertThat(batch.slot(1)).isEqualTo(batch.slot(0));
  }

  @Test
  void labelsWeightsAndSourcesBelongToTheirExamples() {
    for (int i = 0; i < 1_000; i++) {
      batch.add(example().label(i / 1000f).weight(i + 1).build(), "s" + i);
    }

    for (int i = 0; i < 1_000; i++) {
      assertThat(batch.label(i)).isEqualTo(i / 1000f);
      assertThat(batch.weight(i)).isEqualTo(i + 1);
      assertThat(batch.source(i)).isEqualTo("s" + i);
    }
  }

  @Test
  void aFeatureThatBecomesKnownLaterHasSlotsOfItsOwn() throws Exception {
    batch.add(example().categories(0, 1).build(), "");
    int late = features.get("late", FeatureKind.CATEGORICAL).index();
    batch.add(example().categories(late, 1).build(), "");

    assertThat(batch.slots()).isEqualTo(2);
    assertThat(batch.feature(1).name()).isEqualTo("late");
  }

  @Test
  void moreCategoriesThanThereWasRoomForKeepTheirSlots() {
    for (int i = 0; i < 5_000; i++) {
      batch.add(example().categories(i % 3, i).number(5, i).build(), "");
    }
    int slots = batch.slots();
    for (int i = 0; i < 5_000; i++) {
      batch.add(example().categories(i % 3, i).number(5, i).build(), "");
    }

    assertThat(batch.slots()).isEqualTo(slots).isEqualTo(5_001);
    for (int i = 0; i < 5_000; i++) {
      int slot = batch.slot(batch.firstTerm(batch.firstFeature(5_000 + i)));
      assertThat(batch.category(slot)).isEqualTo(i);
      assertThat(batch.occurrences(slot)).isEqualTo(2);
    }
  }

  @Test
  void aBatchThatWasClearedIsLikeANewOne() {
    forAll(
        50,
        random -> {
          for (int i = random.nextInt(1, 300); i > 0; i--) {
            batch.add(KeyedExamples.random(random, 1_000), "");
          }
          batch.clear();
          assertThat(batch.size()).isZero();
          assertThat(batch.slots()).isZero();
          var fresh = new MicroBatch(features);
          for (int i = random.nextInt(1, 50); i > 0; i--) {
            KeyedExample example = KeyedExamples.random(random, 20);
            batch.add(example, "x");
            fresh.add(example, "x");
          }
          assertSame(batch, fresh);
          batch.clear();
        });
  }

  @Test
  void slotsCountEveryOccurrenceOfEveryCategory() {
    forAll(
        50,
        random -> {
          var reused = new MicroBatch(features);
          Map<String, Integer> expected = new HashMap<>();
          for (int i = random.nextInt(1, 200); i > 0; i--) {
            KeyedExample example = KeyedExamples.random(random, 50);
            reused.add(example, "");
            int key = 0;
            for (int f = 0; f < example.fields().length; f++) {
              for (; key < example.ends()[f]; key++) {
                String name = "c" + example.fields()[f] + ":" + example.keys()[key];
                expected.merge(name, 1, Integer::sum);
              }
            }
          }
          Map<String, Integer> counted = new HashMap<>();
          for (int slot = 0; slot < reused.slots(); slot++) {
            if (reused.isCategory(slot)) {
              String name = reused.feature(slot).name() + ":" + reused.category(slot);
              assertThat(counted.put(name, reused.occurrences(slot))).isNull();
            }
          }
          assertThat(counted).isEqualTo(expected);
        });
  }

  private static void assertSame(MicroBatch one, MicroBatch other) {
    assertThat(one.size()).isEqualTo(other.size());
    assertThat(one.slots()).isEqualTo(other.slots());
    assertThat(one.latestMs()).isEqualTo(other.latestMs());
    for (int example = 0; example <= one.size(); example++) {
      assertThat(one.firstFeature(example)).isEqualTo(other.firstFeature(example));
    }
    for (int feature = 0; feature <= one.firstFeature(one.size()); feature++) {
      assertThat(one.firstTerm(feature)).isEqualTo(other.firstTerm(feature));
    }
    for (int term = 0; term < one.firstTerm(one.firstFeature(one.size())); term++) {
      assertThat(one.slot(term)).isEqualTo(other.slot(term));
      assertThat(one.scale(term)).isEqualTo(other.scale(term));
    }
    for (int slot = 0; slot < one.slots(); slot++) {
      assertThat(one.feature(slot)).isEqualTo(other.feature(slot));
      assertThat(one.category(slot)).isEqualTo(other.category(slot));
      assertThat(one.occurrences(slot)).isEqualTo(other.occurrences(slot));
      assertThat(one.latestMs(slot)).isEqualTo(other.latestMs(slot));
    }
  }
}
