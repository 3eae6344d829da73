package dev.varve.join;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.base.Bytes;
import dev.varve.event.RefusedEventException;
import dev.varve.schema.Click;
import dev.varve.schema.DelayBin;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import dev.varve.schema.Impression;
import dev.varve.schema.JoinClock;
import dev.varve.schema.JoinReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JoinerTest {
  private static final long T = 1_700_000_000_000L;
  private static final long WINDOW_MS = 60_000;
  private static final long LATE_MS = 600_000;

  // -- one request

  @Test
  void aClickMakesItsImpressionAPositiveExampleAtOnce() throws Exception {
    var join = new Join(1);

    join.impression("a", 0);
    assertThat(join.examples).isEmpty();
    join.click("a", 5_000);

    assertThat(join.texts()).containsExactly("a 1");
    assertThat(join.examples.getFirst())
        .isEqualTo(
            Example.newBuilder()
                .setRequestId("a")
                .setEventTimeMs(T)
                .setLabel(1)
                .addFeatures(feature("a"))
                .build());
    assertThat(join.sources).containsExactly("web");
  }

  @Test
  void aClickMayComeBeforeItsImpression() throws Exception {
    var join = new Join(1);

    join.click("a", 5_000);
    join.impression("a", 0);
    join.heartbeat(10 * WINDOW_MS);

    assertThat(join.texts()).containsExactly("a 1");
    assertThat(join.report().getOrphans()).isZero();
  }

  @Test
  void withoutAClickItIsANegativeExampleWhenTheWindowIsOver() throws Exception {
    var join = new Join(1);

    join.impression("a", 0);
    join.heartbeat(WINDOW_MS);
    assertThat(join.texts()).isEmpty();
    join.heartbeat(WINDOW_MS + 1_000);

    assertThat(join.texts()).containsExactly("a 0");
  }

  /** Whatever comes of an impression, and also when the joiner starts anew in between. */
  @Test
  void whatWasPredictedWhenItWasShownGoesWithItsExamples() throws Exception {
    var join = new Join(1);
    join.predicts(-1.5f);
    join.impression("clicked", 0);
    join.click("after", 1_000);
    join.predicts(2f);
    join.impression("after", 1_000);
    join.impression("late", 1_000);
    join.predicts(null);
    join.impression("unpredicted", 1_000);
    join.restart();
    join.click("clicked", 2_000);
    join.heartbeat(2 * WINDOW_MS);
    join.click("late", 2 * WINDOW_MS);

    assertThat(join.texts())
        .containsExactly("after 1", "clicked 1", "late 0", "unpredicted 0", "late correction");
    assertThat(join.examples)
        .extracting(of -> of.hasPredicted() ? of.getPredicted() : null)
        .containsExactly(2f, -1.5f, 2f, null, 2f);
  }

  @Test
  void aClickAtTheLastMomentOfTheWindowIsWithinIt() throws Exception {
    var join = new Join(1);

    join.impression("a", 0);
    join.click("a", WINDOW_MS);

    assertThat(join.texts()).containsExactly("a 1");
  }

  @Test
  void aClickAfterTheWindowCorrectsWhatWasLearned() throws Exception {
    for (long delay : new long[] {WINDOW_MS + 1, WINDOW_MS + 5_000, WINDOW_MS + LATE_MS}) {
      var join = new Join(1);

      join.impression("a", 0);
      join.click("a", delay);
      join.click("a", delay);

      assertThat(join.texts()).containsExactly("a 0", "a correction");
      assertThat(join.report().getLateClicks()).isEqualTo(1);
    }
  }

  @Test
  void whatIsTooLateForACorrectionIsAnOrphan() throws Exception {
    var join = new Join(1);

    join.impression("a", 0);
    join.click("a", WINDOW_MS + LATE_MS + 1_001);
    join.heartbeat(3 * (WINDOW_MS + LATE_MS));

    assertThat(join.texts()).containsExactly("a 0");
    assertThat(join.report().getOrphans()).isEqualTo(1);
  }

  @Test
  void aClickWhoseImpressionDoesNotComeIsAnOrphan() throws Exception {
    var join = new Join(1);

    join.click("a", 0);
    join.heartbeat(WINDOW_MS);
    assertThat(join.report().getOrphans()).isZero();
    join.heartbeat(WINDOW_MS + 1_000);
    assertThat(join.report().getOrphans()).isEqualTo(1);

    // One that comes so late has nothing to wait for.
    join.click("b", 0);
    assertThat(join.report().getOrphans()).isEqualTo(1);
    assertThat(join.texts()).isEmpty();
  }

  @Test
  void anImpressionThatComesAfterItsWindowIsLearnedAtOnce() throws Exception {
    var join = new Join(1);
    join.heartbeat(2 * WINDOW_MS);

    join.impression("a", 0);
    join.impression("a", 0);
    assertThat(join.texts()).containsExactly("a 0");
    join.click("a", 1_000);

    assertThat(join.texts()).containsExactly("a 0", "a correction");
    JoinReport report = join.report();
    assertThat(report.getLateImpressions()).isEqualTo(1);
    assertThat(report.getRepeatedImpressions()).isEqualTo(1);
  }

  @Test
  void anImpressionOfATimeThatIsForgottenIsRefused() throws Exception {
    var join = new Join(1);
    join.heartbeat(WINDOW_MS + LATE_MS + 1_000);

    join.impression("a", 1_000);
    assertThatThrownBy(() -> join.impression("b", 0))
        .isInstanceOf(RefusedEventException.class)
        .hasMessage(
            "event_time_ms: %d (expected: from %d on, what is still kept)".formatted(T, T + 1_000));
    assertThat(join.texts()).containsExactly("a 0");
  }

  // -- any requests

  /** An impression, its click or none, and when each of them arrives. */
  private record Arrival(String id, boolean isClick, long ms, long arrivesMs) {}

  /** Each click arrives within its impression's window, and so does each impression. */
  private static List<Arrival> traffic(RandomGenerator random) {
    List<Arrival> events = new ArrayList<>();
    long ms = 0;
    for (int i = 0; i < 300; i++) {
      ms += random.nextInt(2_000);
      String id = "r" + i;
      // The clock is never ahead of what has arrived: an arrival of its own time is never late.
      events.add(new Arrival(id, false, ms, ms + random.nextLong(WINDOW_MS)));
      if (random.nextInt(3) == 0) {
        long delay = random.nextLong(WINDOW_MS);
        long late = random.nextLong(WINDOW_MS - delay);
        events.add(new Arrival(id, true, ms + delay, ms + delay + late));
      } else if (random.nextInt(10) == 0) {
        events.add(new Arrival("nobody" + i, true, ms, ms));
      }
    }
    return events;
  }

  private static List<Arrival> inOrderOfTime(List<Arrival> events) {
    return events.stream().sorted((a, b) -> Long.compare(a.arrivesMs, b.arrivesMs)).toList();
  }

  private static void send(Join join, Arrival event) {
    try {
      if (event.isClick) {
        join.click(event.id, event.ms);
      } else {
        join.impression(event.id, event.ms);
      }
    } catch (RefusedEventException e) {
      throw new AssertionError(event.toString(), e);
    }
  }

  @Test
  void neitherOrderNorDelayWithinTheWindowNorDuplicatesChangeAnything() {
    forAll(
        60,
        random -> {
          List<Arrival> events = traffic(random);
          var patient = new Join(0.5);
          events.stream()
              .sorted((a, b) -> Long.compare(a.ms, b.ms))
              .forEach(event -> send(patient, event));
          patient.heartbeat(10 * WINDOW_MS + 600_000);

          var join = new Join(0.5);
          List<Arrival> twice = new ArrayList<>(inOrderOfTime(events));
          int repeated = random.nextInt(100);
          for (int i = 0; i < repeated; i++) {
            int at = random.nextInt(twice.size());
            twice.add(Math.min(twice.size(), at + 1 + random.nextInt(20)), twice.get(at));
          }
          twice.forEach(event -> send(join, event));
          join.heartbeat(10 * WINDOW_MS + 600_000);

          assertThat(join.texts()).containsExactlyInAnyOrderElementsOf(patient.texts());
          JoinReport expected = patient.report();
          JoinReport report = join.report();
          assertThat(report.getRepeatedClicks() + report.getRepeatedImpressions())
              .isLessThanOrEqualTo(repeated);
          assertThat(withoutRepetition(report)).isEqualTo(withoutRepetition(expected));
          assertThat(expected.getLateClicks()).isZero();
        });
  }

  private static JoinReport withoutRepetition(JoinReport report) {
    return report.toBuilder().clearRepeatedClicks().clearRepeatedImpressions().build();
  }

  /** Anything may come at any time, and the process may end between any two events. */
  @Test
  void itGoesOnWhereItWasAndLearnsEveryImpressionOnce() {
    forAll(
        60,
        random -> {
          List<Arrival> events = new ArrayList<>(traffic(random));
          Collections.shuffle(events, new Random(random.nextLong()));
          var straight = new Join(0.5);
          var broken = new Join(0.5);
          for (Arrival event : events) {
            send(straight, event);
            send(broken, event);
            if (random.nextInt(10) == 0) {
              broken.restart();
            }
          }
          straight.heartbeat(20 * WINDOW_MS);
          broken.heartbeat(20 * WINDOW_MS);

          assertThat(broken.texts()).containsExactlyInAnyOrderElementsOf(straight.texts());
          JoinReport report = straight.report();
          assertThat(report.getImpressions()).isEqualTo(300);
          assertThat(report.getNegatives() + report.getLeftOut() + report.getPositives())
              .isEqualTo(300);
          assertThat(report.getClicks())
              .isEqualTo(report.getPositives() + report.getLateClicks() + report.getOrphans());
          assertThat(report.getDelaysList().stream().mapToLong(DelayBin::getClicks).sum())
              .isEqualTo(report.getPositives() + report.getLateClicks());
        });
  }

  @Test
  void leavesOutAShareOfTheNegativesAlwaysTheSame() throws Exception {
    List<String> first = learned(0.3);

    assertThat(first).hasSizeBetween(500, 700).isEqualTo(learned(0.3));
    assertThat(first).allSatisfy(text -> assertThat(text).endsWith(" 0 of 0.3"));
    assertThat(learned(0.8)).hasSizeBetween(1_500, 1_700);
  }

  private static List<String> learned(double negatives) throws RefusedEventException {
    var join = new Join(negatives);
    for (int i = 0; i < 2_000; i++) {
      join.impression("r" + i, i);
    }
    join.heartbeat(10 * WINDOW_MS);
    assertThat(join.report().getLeftOut()).isEqualTo(2_000 - join.texts().size());
    return join.texts();
  }

  /** There is nothing to take back. */
  @Test
  void aLateClickOnWhatWasLeftOutIsAnOrdinaryPositive() throws Exception {
    var join = new Join(0.5);
    for (int i = 0; i < 100; i++) {
      join.impression("r" + i, 0);
    }
    join.heartbeat(2 * WINDOW_MS);
    List<String> learned = join.texts();

    for (int i = 0; i < 100; i++) {
      join.click("r" + i, 2 * WINDOW_MS);
    }

    List<String> after = join.texts().subList(learned.size(), join.examples.size());
    assertThat(after).hasSize(100);
    for (int i = 0; i < 100; i++) {
      boolean wasLearned = learned.contains("r" + i + " 0 of 0.5");
      assertThat(after.get(i))
          .isEqualTo("r" + i + (wasLearned ? " correction of 0.5" : " 1 of 0.5"));
    }
  }

  @Test
  void keepsNoMoreThanItMayAndLosesNothing() throws Exception {
    var join = new Join(1);
    long most = 0;
    for (int i = 0; i < 40_000; i++) {
      join.impression("request-" + i, i);
      if (i % 100 == 0) {
        most = Math.max(most, join.kept.bytes());
      }
    }

    assertThat(most).isBetween(Join.MOST_BYTES / 2, Join.MOST_BYTES + 10_000);
    join.heartbeat(10 * WINDOW_MS);
    JoinReport report = join.report();
    assertThat(report.getWaitingBytes()).isEqualTo(join.kept.bytes());
    assertThat(report.getNegatives()).isEqualTo(40_000);
    assertThat(report.getClosedEarly()).isBetween(10_000L, 40_000L);
    assertThat(join.texts()).doesNotHaveDuplicates().hasSize(40_000);
  }

  // -- counts

  @Test
  void aLongerWindowIsRecommendedWhenManyClicksComeLate() {
    var window = new JoinWindow(Duration.ofMinutes(1));
    window.add(
        JoinReport.newBuilder()
            .setPositives(900)
            .setLateClicks(100)
            .addDelays(DelayBin.newBuilder().setBin(JoinTally.bin(20_000)).setClicks(900))
            .addDelays(DelayBin.newBuilder().setBin(JoinTally.bin(300_000)).setClicks(100))
            .build());

    JoinWindow.Snapshot seen = window.snapshot();

    assertThat(seen.hint().orElseThrow())
        .startsWith("join.window: 1m (expected: longer; 10.0 % of the clicks come later")
        .contains("98 % come within 312s");
    assertThat(seen.delays().p50().toMillis()).isBetween(20_000L, 24_000L);
    assertThat(seen.delays().p99().toMillis()).isBetween(300_000L, 360_000L);
  }

  @Test
  void aDelayIsInABinThatIsNoMoreThanAFifthTooLong() {
    for (long delay = 0; delay < 1_000_000_000L; delay += 1 + delay / 7) {
      assertThat(JoinTally.longest(JoinTally.bin(delay)))
          .isBetween(delay, (long) (1.2 * delay) + 1);
    }
  }

  private static Feature feature(String id) {
    return Feature.newBuilder().setName("user").addIds(id).build();
  }

  /** A joiner with its surroundings; times are relative. */
  private static final class Join {
    static final long MOST_BYTES = 1 << 20;

    final KeptEvents kept = new KeptEvents();
    final List<Example> examples = new ArrayList<>();
    final List<String> sources = new ArrayList<>();
    private final JoinConfig config;
    private Joiner joiner;
    private @Nullable Float predicted;

    Join(double negatives) {
      config =
          new JoinConfig(
              Duration.ofMillis(WINDOW_MS), Duration.ofMillis(LATE_MS), negatives, Bytes.mib(1));
      joiner = joiner(JoinClock.getDefaultInstance());
    }

    private Joiner joiner(JoinClock clock) {
      return new Joiner(
          config,
          MOST_BYTES,
          7,
          kept,
          clock,
          (example, source) -> {
            examples.add(example);
            sources.add(source);
          });
    }

    void restart() {
      joiner = joiner(joiner.clock());
    }

    void impression(String id, long ms) throws RefusedEventException {
      joiner.impression(
          Impression.newBuilder()
              .setRequestId(id)
              .setEventTimeMs(T + ms)
              .addFeatures(feature(id))
              .build(),
          "web",
          predicted);
    }

    /** What is predicted for the impressions that follow. */
    void predicts(@Nullable Float logit) {
      predicted = logit;
    }

    void click(String id, long ms) {
      joiner.click(Click.newBuilder().setRequestId(id).setEventTimeMs(T + ms).build());
    }

    void heartbeat(long ms) {
      joiner.click(Click.newBuilder().setHeartbeat(true).setEventTimeMs(T + ms).build());
    }

    JoinReport report() {
      return joiner.takeReport(0);
    }

    List<String> texts() {
      return examples.stream().map(Join::text).toList();
    }

    private static String text(Example of) {
      String label = of.getCorrection() ? "correction" : of.getLabel() == 1 ? "1" : "0";
      String kept = of.hasNegativesKept() ? " of " + of.getNegativesKept() : "";
      return of.getRequestId() + " " + label + kept;
    }
  }
}
