package dev.varve.log;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.schema.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NegativesTest {
  private static final String MAPPING =
      """
      format: csv
      request-id: t
      time: {column: t}
      label: {all-positive: true}
      negatives: {column: item, per-positive: 3, window: 10ms, weight: uniform, seed: 5}
      features:
        user:
        item:
        kind: {from: items}
      joins:
        items: {file: items.csv, key: id, on: item}
      """;

  private final Logs logs;

  NegativesTest(@TempDir Path folder) {
    logs = new Logs(folder);
  }

  @Test
  void negativesHoldTheDrawnValueAndItsSideFeaturesAndTheRestOfTheRow() throws IOException {
    logs.write("items.csv", "id,kind\np,P\nq,Q\n");
    String csv = "t,user,item\n1,u,p\n2,v,q\n3,w,q\n50,x,p\n";
    List<LogRow> rows = logs.read("log.csv", csv, MAPPING);
    assertThat(Logs.shown(rows))
        .containsExactly(
            "user=u item=p kind=P",
            "user=v item=q kind=Q",
            "user=v item=p kind=P",
            "user=v item=p kind=P",
            "user=v item=p kind=P",
            "user=w item=q kind=Q",
            "user=w item=p kind=P",
            "user=w item=p kind=P",
            "user=w item=p kind=P",
            "user=x item=p kind=P");
    List<Example> examples = Logs.examples(rows);
    assertThat(examples).extracting(Example::getLabel).startsWith(1f, 1f, 0f, 0f, 0f, 1f);
    assertThat(examples).extracting(Example::getEventTimeMs).startsWith(1L, 2L, 2L, 2L, 2L, 3L);
    assertThat(examples).extracting(Example::getRequestId).startsWith("1/1", "2/1", "2/2", "2/3");
  }

  @Test
  void theSameSeedDrawsTheSameAndAnotherSeedOthers() throws IOException {
    var csv = new StringBuilder("t,user,item\n");
    for (int i = 0; i < 200; i++) {
      csv.append("%d,u,i%d\n".formatted(i, i * 7 % 31));
    }
    logs.write("items.csv", "id,kind\n");
    var once = Logs.shown(logs.read("log.csv", csv.toString(), MAPPING));
    assertThat(Logs.shown(logs.read("log.csv", csv.toString(), MAPPING))).isEqualTo(once);
    String other = MAPPING.replace("seed: 5", "seed: 6");
    assertThat(Logs.shown(logs.read("log.csv", csv.toString(), other))).isNotEqualTo(once);
  }

  /** A value seen, and when. */
  private record Sighting(String value, long timeMs) {}

  @Test
  void onlyOtherValuesOfTheWindowAreDrawn() {
    forAll(
        200,
        random -> {
          long windowMs = random.nextLong(1, 50);
          var sampler = new NegativeSampler(windowMs, random.nextBoolean(), random.nextLong());
          Deque<Sighting> window = new ArrayDeque<>();
          int distinct = random.nextInt(1, 20);
          long timeMs = 0;
          for (int i = 0; i < 3_000; i++) {
            timeMs += random.nextInt(3);
            long oldest = timeMs - windowMs;
            window.removeIf(sighting -> sighting.timeMs() < oldest);
            String positive = "v" + random.nextInt(distinct);
            sampler.advance(timeMs);
            String drawn = sampler.draw(positive);
            assertThat(drawn).isNotEqualTo(positive);
            var others = window.stream().map(Sighting::value).filter(v -> !v.equals(positive));
            if (drawn == null) {
              assertThat(others).isEmpty();
            } else {
              assertThat(others).contains(drawn);
            }
            sampler.see(positive, timeMs);
            window.add(new Sighting(positive, timeMs));
          }
        });
  }

  @Test
  void popularityDrawsByCountAndUniformByDistinctValue() {
    // Beside the positive, 6:3:1 sightings of three values.
    assertThat(shares(true))
        .satisfies(
            shares -> {
              assertThat(shares.get("a")).isCloseTo(0.6, within(0.02));
              assertThat(shares.get("b")).isCloseTo(0.3, within(0.02));
              assertThat(shares.get("c")).isCloseTo(0.1, within(0.02));
            });
    assertThat(shares(false).values())
        .hasSize(3)
        .allSatisfy(share -> assertThat(share).isCloseTo(1 / 3.0, within(0.02)));
  }

  @Test
  void aPositiveThatDominatesTheWindowStillGetsOtherValues() {
    var sampler = new NegativeSampler(1_000_000, true, 1);
    sampler.see("rare", 0);
    for (int i = 0; i < 100_000; i++) {
      sampler.see("common", i);
    }
    assertThat(sampler.draw("common")).isEqualTo("rare");
  }

  @Test
  void theWindowIsBoundedInSightingsToo() {
    var sampler = new NegativeSampler(Long.MAX_VALUE / 2, false, 1);
    sampler.see("first", 0);
    for (int i = 0; i < NegativeSampler.MAX_SIGHTINGS; i++) {
      sampler.see("later", 1);
    }
    assertThat(sampler.draw("later")).isNull();
  }

  private static Map<String, Double> shares(boolean byPopularity) {
    var sampler = new NegativeSampler(1_000, byPopularity, 42);
    for (char value : "xaabxacbxaaabx".toCharArray()) {
      sampler.see(String.valueOf(value), 1);
    }
    var shares = new HashMap<String, Double>();
    int draws = 20_000;
    for (int i = 0; i < draws; i++) {
      shares.merge(String.valueOf(sampler.draw("x")), 1.0 / draws, Double::sum);
    }
    return shares;
  }
}
