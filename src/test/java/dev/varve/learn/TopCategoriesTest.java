package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.schema.Feature;
import dev.varve.table.Popularity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopCategoriesTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long NOW_MS = KeyedExamples.NOW_MS / (2 * HOUR_MS) * (2 * HOUR_MS);

  private final TopCategories top = new TopCategories(new Popularity(HOUR_MS));

  private void offer(long timeMs, Feature feature) {
    top.offer(KeyedExamples.example().timeMs(timeMs).named(feature).build(), 0, 0);
  }

  private void offer(long timeMs, String... ids) {
    offer(timeMs, Feature.newBuilder().setName("item").addAllIds(List.of(ids)).build());
  }

  private List<TopCategories.Category> first(int n) {
    return top.top("item", n).orElseThrow().categories();
  }

  @Test
  void categoriesAreListedByPopularity() {
    offer(NOW_MS, "a", "b", "c");
    offer(NOW_MS, "b", "c");
    offer(NOW_MS, "c");

    assertThat(first(2)).extracting(TopCategories.Category::name).containsExactly("c", "b");
    assertThat(first(9)).hasSize(3);
    assertThat(first(1).getFirst().popularity()).isEqualTo(3);
    assertThat(top.top("item", 1).orElseThrow().asOfMs()).isEqualTo(NOW_MS);
  }

  @Test
  void anIntegerIsItsTextAndANumberIsNoCategory() {
    offer(NOW_MS, Feature.newBuilder().setName("item").addIds("7").addIntIds(7).build());
    offer(NOW_MS, Feature.newBuilder().setName("price").setValue(7).build());

    assertThat(first(9)).containsExactly(new TopCategories.Category("7", 2, 2, 2));
    assertThat(top.top("price", 1)).isEmpty();
    assertThat(top.top("nothing", 1)).isEmpty();
  }

  @Test
  void aNameThatIsTooLongIsNotListed() {
    offer(NOW_MS, "x".repeat(257), "y".repeat(256));

    assertThat(first(9)).extracting(it -> it.name().length()).containsExactly(256);
  }

  @Test
  void popularityHalvesAndTheListFollows() {
    for (int i = 0; i < 100; i++) {
      offer(NOW_MS + 1, "old");
    }
    for (int i = 0; i < 30; i++) {
      offer(NOW_MS + 2 * HOUR_MS, "new"); // the next generation
    }
    assertThat(first(2)).extracting(TopCategories.Category::name).containsExactly("new", "old");
    assertThat(first(2).getLast().popularity()).isCloseTo(25, within(0.1));

    offer(NOW_MS + HOUR_MS, "late");
    assertThat(first(3).getLast().popularity()).isCloseTo(0.5, within(1e-3));
    offer(NOW_MS + 3 * HOUR_MS, "new");
    assertThat(first(2).getLast().popularity()).isCloseTo(12.5, within(0.1));
  }

  @Test
  void oneOccurrenceFarAheadChangesNothingManyInARowDo() {
    long far = NOW_MS + 1_000 * HOUR_MS;
    offer(NOW_MS, "a");
    for (int i = 0; i < 50; i++) {
      offer(far, "b");
      offer(NOW_MS, "a");
    }
    assertThat(first(9)).containsExactly(new TopCategories.Category("a", 51, 51, 51));

    for (int i = 0; i < TopList.MOST_AHEAD; i++) {
      offer(far, "b");
    }
    assertThat(first(1).getFirst().name()).isEqualTo("b");
    assertThat(top.top("item", 1).orElseThrow().asOfMs()).isEqualTo(far);
  }

  @Test
  void ofManyExamplesSomeStandForTheOthers() {
    int n = 100_000;
    for (int i = 0; i < n; i++) {
      top.offer(
          KeyedExamples.example()
              .timeMs(NOW_MS)
              .named(Feature.newBuilder().setName("item").addIds("a").build())
              .build(),
          3,
          i);
    }
    var only = first(2).getFirst();

    assertThat(only.popularity()).isCloseTo(n, within(0.02 * n)).isNotEqualTo(n);
    assertThat((double) n).isBetween(only.lower(), only.upper());
    assertThat(only.upper() - only.lower()).isBetween(0.01 * n, 0.05 * n);
  }

  @Test
  void boundsHoldTheDecayedCountsOfAZipfStream() {
    forAll(
        4,
        random -> {
          var list = new TopCategories(new Popularity(HOUR_MS));
          Map<String, Double> exact = new HashMap<>();
          int n = 100_000;
          int partition = random.nextInt(10);
          long stepMs = random.nextInt(2, 400);
          for (int i = 0; i < n; i++) {
            String name = "" + (long) StrictMath.pow(50_000, random.nextDouble());
            long timeMs = NOW_MS + i * stepMs;
            list.offer(
                KeyedExamples.example()
                    .timeMs(timeMs)
                    .named(Feature.newBuilder().setName("item").addIds(name).build())
                    .build(),
                partition,
                i);
            exact.merge(
                name, StrictMath.pow(2, (i - n + 1) * stepMs / (double) HOUR_MS), Double::sum);
          }
          var listed = list.top("item", 50).orElseThrow().categories();

          assertThat(listed).hasSize(50);
          assertThat(
                  listed.stream()
                      .filter(
                          it -> {
                            double p = exact.getOrDefault(it.name(), 0.0);
                            return p < it.lower() * 0.999 || p > it.upper() * 1.001;
                          })
                      .count())
              .as("beyond its bounds")
              .isLessThanOrEqualTo(5);
          String most =
              exact.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
          assertThat(listed.getFirst().name()).isEqualTo(most);
        });
  }
}
