package dev.varve.topology;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.base.Bytes;
import dev.varve.event.FeaturesConfig;
import dev.varve.join.JoinConfig;
import dev.varve.layout.Layouts;
import dev.varve.schema.Click;
import dev.varve.schema.Example;
import dev.varve.schema.Impression;
import dev.varve.schema.JoinReport;
import dev.varve.schema.Quality;
import dev.varve.schema.SourceQuality;
import dev.varve.testing.StreamsDriver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application learn, fed with impressions and clicks. */
class JoinTopologyTest {
  private static final String IMPRESSIONS = Parts.TOPICS.impressions();
  private static final String CLICKS = Parts.TOPICS.clicks();
  private static final String JOINS = Parts.TOPICS.joins();
  private static final String LETTERS = Parts.TOPICS.deadLetters();
  private static final JoinConfig CONFIG =
      new JoinConfig(Duration.ofSeconds(30), Duration.ofMinutes(2), 1, Bytes.mib(1));

  @TempDir private Path folder;

  private final Parts.Learn learn = new Parts.Learn(FeaturesConfig.defaults(), 32, CONFIG);

  private StreamsDriver start() {
    StreamsDriver driver = learn.start(folder);
    driver.send(Parts.TOPICS.layout(), Layouts.first(Parts.DIMENSION));
    return driver;
  }

  private static void json(StreamsDriver driver, String topic, String event) {
    var headers = new RecordHeaders();
    headers.add("varve.source", "web".getBytes(StandardCharsets.UTF_8));
    driver.send(topic, event.getBytes(StandardCharsets.UTF_8), headers);
  }

  private static Impression impression(String id, long ms) {
    return Impression.newBuilder()
        .setRequestId(id)
        .setEventTimeMs(Parts.TIME_MS + ms)
        .addFeatures(Parts.ids("user", id))
        .build();
  }

  private static Click click(String id, long ms) {
    return Click.newBuilder().setRequestId(id).setEventTimeMs(Parts.TIME_MS + ms).build();
  }

  private static Click heartbeat(long ms) {
    return Click.newBuilder().setHeartbeat(true).setEventTimeMs(Parts.TIME_MS + ms).build();
  }

  @Test
  void anImpressionAndItsClickAreLearnedAndCounted() throws Exception {
    try (StreamsDriver driver = start()) {
      json(
          driver,
          IMPRESSIONS,
          """
          {"request_id": "a", "event_time_ms": 1700000000000,
           "features": [{"name": "user", "ids": ["7"]}]}\
          """);
      json(driver, CLICKS, "{\"request_id\": \"a\", \"event_time_ms\": 1700000009000}");

      Quality quality = driver.read(Parts.TOPICS.quality(), Quality.parser()).getFirst();
      assertThat(quality.getSources(0).getSource()).isEqualTo("web");
      assertThat(quality.getSources(0).getPositives()).isEqualTo(1);
      List<JoinReport> reports = driver.read(JOINS, JoinReport.parser());
      assertThat(reports).extracting(JoinReport::getImpressions).containsExactly(1L, 0L);
      assertThat(reports).extracting(JoinReport::getPositives).containsExactly(0L, 1L);
      assertThat(driver.read(LETTERS)).isEmpty();
      assertThat(learn.joins.snapshot().counts().getPositives()).isEqualTo(1);
      assertThat(learn.joins.snapshot().delays().p50().toMillis()).isBetween(9_000L, 10_800L);
    }
  }

  /** What is learned between an impression and its label does not flatter it. */
  @Test
  void impressionsArePredictedWhenTheyComeAndMeasuredSo() throws Exception {
    try (StreamsDriver driver = start()) {
      driver.send(IMPRESSIONS, impression("waits", 0));
      for (int i = 0; i < 50; i++) {
        driver.send(IMPRESSIONS, impression("clicked" + i, i));
        driver.send(CLICKS, click("clicked" + i, i));
      }
      driver.read(Parts.TOPICS.quality());
      driver.send(CLICKS, heartbeat(60_000));

      List<Example> examples = driver.read(Parts.TOPICS.examples(), Example.parser());
      Example last = examples.getLast();
      assertThat(last.getRequestId()).isEqualTo("waits");
      assertThat(last.getPredicted()).isZero();
      assertThat(examples.get(examples.size() - 2).getPredicted()).isGreaterThan(1);
      SourceQuality quality =
          driver.read(Parts.TOPICS.quality(), Quality.parser()).getLast().getSources(0);
      assertThat(quality.getPredicted()).isEqualTo(0.5);
      assertThat(quality.getLogLoss()).isCloseTo(Math.log(2), within(1e-9));
    }
  }

  /** Nobody is told of an impression's features twice; it is refused when it is learned. */
  @Test
  void anImpressionThatCannotBePredictedIsRefusedWhenItIsLearned() {
    try (StreamsDriver driver = start()) {
      Impression twice = impression("a", 0).toBuilder().addFeatures(Parts.ids("user", "b")).build();
      driver.send(IMPRESSIONS, twice);
      assertThat(reasons(driver)).isEmpty();
      driver.send(CLICKS, click("a", 1));

      assertThat(reasons(driver))
          .containsExactly("feature: user (expected: named once in an example)");
    }
  }

  @Test
  void whatBreaksARuleIsADeadLetterAndCounted() {
    Map<String, String> refused = new TreeMap<>();
    refused.put("no json", "event: Protocol message");
    refused.put("{\"event_time_ms\": 5}", "request_id: 0 bytes (expected: 1 to 1024)");
    refused.put("{\"request_id\": \"a\"}", "event_time_ms: 0 (expected: 1 to 253402300799999)");
    refused.put(
        "{\"request_id\": \"%s\", \"event_time_ms\": 5}".formatted("x".repeat(1_025)),
        "request_id: 1025 bytes (expected: 1 to 1024)");
    try (StreamsDriver driver = start()) {
      refused.forEach(
          (event, reason) -> {
            for (String topic : List.of(IMPRESSIONS, CLICKS)) {
              json(driver, topic, event);

              assertThat(reasons(driver)).singleElement().asString().startsWith(reason);
            }
          });
      json(driver, IMPRESSIONS, "{\"request_id\": \"a\", \"event_time_ms\": 5}");
      assertThat(reasons(driver)).containsExactly("features: 0 (expected: at least one)");
      driver.send(CLICKS, null, new RecordHeaders());
      assertThat(driver.read(LETTERS)).hasSize(1);
    }
    assertThat(learn.joins.snapshot().counts().getRefused()).isEqualTo(2L * refused.size() + 2);
  }

  private static List<String> reasons(StreamsDriver driver) {
    return Letters.read(driver).stream().map(Letters.Letter::reason).toList();
  }

  /** Requests of ten minutes, more than the store keeps at a time, with clicks of any delay. */
  @Test
  void theStoreFindsWhatIsKeptAndForgetsWhatIsNot() {
    forAll(
        3,
        random -> {
          List<String> expected = new ArrayList<>();
          List<String> learned = new ArrayList<>();
          try (StreamsDriver driver = start()) {
            TreeMap<Long, List<Runnable>> events = new TreeMap<>();
            for (int i = 0; i < 400; i++) {
              String id = "r" + i;
              long ms = random.nextLong(600_000);
              at(events, ms, () -> driver.send(IMPRESSIONS, impression(id, ms)));
              boolean isClicked = random.nextBoolean();
              long delay = random.nextLong(160_000);
              if (isClicked) {
                at(events, ms + delay, () -> driver.send(CLICKS, click(id, ms + delay)));
              }
              boolean isPositive = isClicked && delay <= 30_000;
              expected.add(id + (isPositive ? " 1.0" : " 0.0"));
              // What is forgotten is so to the half second.
              if (isClicked && delay > 30_000 && delay <= 150_000) {
                expected.add(id + " correction");
              } else if (isClicked && delay > 150_000 && delay < 150_500) {
                expected.add(id + " correction?");
              }
            }
            events.values().forEach(of -> of.forEach(Runnable::run));
            driver.send(CLICKS, heartbeat(1_000_000));
            for (Example of : driver.read(Parts.TOPICS.examples(), Example.parser())) {
              learned.add(
                  of.getRequestId() + (of.getCorrection() ? " correction" : " " + of.getLabel()));
            }
          }
          expected.removeIf(
              text ->
                  text.endsWith("?") && !learned.contains(text.substring(0, text.length() - 1)));
          expected.replaceAll(text -> text.replace("?", ""));
          assertThat(learned).containsExactlyInAnyOrderElementsOf(expected);
        });
  }

  private static void at(Map<Long, List<Runnable>> events, long ms, Runnable event) {
    events.computeIfAbsent(ms, _ -> new ArrayList<>()).add(event);
  }
}
