package dev.varve.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.event.FeatureSet.Known;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeatureSetTest {
  private static final FeatureKind CATEGORICAL = FeatureKind.CATEGORICAL;
  private static final FeatureKind NUMERICAL = FeatureKind.NUMERICAL;

  @Test
  void anOpenSetTakesInFeaturesInTheOrderTheyComeIn() throws Exception {
    var features = new FeatureSet(FeaturesConfig.defaults());

    assertThat(features.get("b", CATEGORICAL)).isEqualTo(new Known("b", CATEGORICAL, 0));
    assertThat(features.get("a", NUMERICAL)).isEqualTo(new Known("a", NUMERICAL, 1));
    assertThat(features.get("b", CATEGORICAL).index()).isZero();
    assertThat(features.get(1).name()).isEqualTo("a");
    assertThat(features.size()).isEqualTo(2);
  }

  @Test
  void declaredFeaturesAreKnownFromTheStartSortedByName() {
    var features =
        new FeatureSet(
            new FeaturesConfig(9, false, Map.of("b", NUMERICAL, "a", CATEGORICAL, "c", NUMERICAL)));

    assertThat(List.of(features.get(0), features.get(1), features.get(2)))
        .containsExactly(
            new Known("a", CATEGORICAL, 0),
            new Known("b", NUMERICAL, 1),
            new Known("c", NUMERICAL, 2));
  }

  @Test
  void aClosedSetRefusesWhatIsNotDeclared() throws Exception {
    var features = new FeatureSet(new FeaturesConfig(9, true, Map.of("a", CATEGORICAL)));

    assertThat(features.get("a", CATEGORICAL).index()).isZero();
    assertThatThrownBy(() -> features.get("b", CATEGORICAL))
        .isInstanceOf(RefusedEventException.class)
        .hasMessage("feature: b (expected: a declared feature, since features.closed is true)");
    assertThat(features.size()).isEqualTo(1);
  }

  @Test
  void aFullSetRefusesOneMore() throws Exception {
    var features = new FeatureSet(new FeaturesConfig(2, false, Map.of("a", CATEGORICAL)));
    features.get("b", CATEGORICAL);

    assertThatThrownBy(() -> features.get("c", CATEGORICAL))
        .isInstanceOf(RefusedEventException.class)
        .hasMessage("feature: c (expected: at most 2 features, features.max)");
    assertThat(features.isKnown("c")).isFalse();
    assertThat(features.get("b", CATEGORICAL).index()).isEqualTo(1);
  }

  @Test
  void aFeatureKeepsTheKindItCameWith() throws Exception {
    var features = new FeatureSet(FeaturesConfig.defaults());
    features.get("age", NUMERICAL);

    assertThatThrownBy(() -> features.get("age", CATEGORICAL))
        .isInstanceOf(RefusedEventException.class)
        .hasMessage("feature age: categorical (expected: numerical)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a/b", "a\nb", "a\u0000"})
  void aNameThatNoAddressCanHaveIsRefused(String name) {
    var features = new FeatureSet(FeaturesConfig.defaults());

    assertThatThrownBy(() -> features.get(name, CATEGORICAL))
        .isInstanceOf(RefusedEventException.class)
        .hasMessage(
            "feature name: %s (expected: 1 to 128 characters, no control characters, no slash)"
                .formatted(name));
    assertThat(features.size()).isZero();
  }

  @Test
  void aNameMayHave128Characters() throws Exception {
    var features = new FeatureSet(FeaturesConfig.defaults());

    assertThat(features.get("n".repeat(128), CATEGORICAL).index()).isZero();
    assertThatThrownBy(() -> features.get("n".repeat(129), CATEGORICAL))
        .isInstanceOf(RefusedEventException.class);
  }

  @Test
  void whatIsLearnedAlreadyIsTakenInWhateverTheLimitsSay() throws Exception {
    var features = new FeatureSet(new FeaturesConfig(1, true, Map.of("a", CATEGORICAL)));
    features.restore("old", CATEGORICAL);
    features.restore("old", CATEGORICAL);
    features.restore("a", NUMERICAL);

    assertThat(features.get("old", CATEGORICAL).index()).isEqualTo(1);
    assertThat(features.get("a", CATEGORICAL).index()).isZero();
    assertThat(features.size()).isEqualTo(2);
  }

  @Test
  void ofFeaturesThatComeTogetherAllAreTakenInOrNone() throws Exception {
    var features = new FeatureSet(new FeaturesConfig(3, false, Map.of("a", CATEGORICAL)));
    Map<String, FeatureKind> tooMany = new LinkedHashMap<>();
    List.of("a", "b", "c", "d").forEach(name -> tooMany.put(name, CATEGORICAL));

    assertThatThrownBy(() -> features.admit(tooMany)).isInstanceOf(RefusedEventException.class);
    assertThatThrownBy(() -> features.admit(Map.of("b", CATEGORICAL, "a", NUMERICAL)))
        .isInstanceOf(RefusedEventException.class);
    assertThat(features.size()).isEqualTo(1);

    tooMany.remove("d");
    features.admit(tooMany);
    assertThat(features.size()).isEqualTo(3);
  }

  @Test
  void threadsThatMeetAFeatureTogetherAgreeOnItsIndex() throws Exception {
    int threads = 4;
    int names = 200;
    var features = new FeatureSet(FeaturesConfig.defaults());
    var barrier = new CyclicBarrier(threads);
    Map<String, Set<Integer>> seen = new ConcurrentHashMap<>();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int first = t * 7;
        all.add(
            pool.submit(
                () -> {
                  barrier.await();
                  for (int i = 0; i < names; i++) {
                    String name = "f" + (i + first) % names;
                    int index = features.get(name, CATEGORICAL).index();
                    assertThat(features.get(index).name()).isEqualTo(name);
                    seen.computeIfAbsent(name, _ -> ConcurrentHashMap.newKeySet()).add(index);
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }

    assertThat(features.size()).isEqualTo(names);
    assertThat(seen).hasSize(names).allSatisfy((_, indexes) -> assertThat(indexes).hasSize(1));
  }
}
