package dev.varve.learn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.base.Bytes;
import dev.varve.event.ExampleCodec;
import dev.varve.event.FeatureSet;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.event.RefusedEventException;
import dev.varve.join.JoinConfig;
import dev.varve.join.Joiner;
import dev.varve.join.KeptEvents;
import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.learn.ModelConfig.HeadKind;
import dev.varve.schema.Click;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import dev.varve.schema.Impression;
import dev.varve.schema.JoinClock;
import dev.varve.schema.JoinReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Impressions and clicks in, quality out: joiner, predictions when shown, and trainer. */
class JoinedLearningTest {
  private static final int DIMENSION = 4;
  private static final int SHARDS = 3;
  private static final int WIDTH = 2 * (1 + DIMENSION);
  private static final int REQUESTS = 60_000;
  private static final long BETWEEN_MS = 500;
  private static final long WINDOW_MS = 60_000;
  private static final long LATEST_MS = 25_000;

  /** An impression or a click, and when it comes. */
  private record Arrival(long ms, Object event) {}

  @Test
  void arrivingInAnotherOrderAndTwiceMovesTheLogLossByLessThanAThousandth() throws Exception {
    var straight = new Run();
    straight.take(arrivals(false));
    var shuffled = new Run();
    shuffled.take(arrivals(true));

    JoinReport expected = straight.joiner.takeReport(0);
    JoinReport report = shuffled.joiner.takeReport(0);
    assertThat(report.getRepeatedClicks() + report.getRepeatedImpressions()).isGreaterThan(5_000);
    assertThat(expected.getPositives()).isBetween(REQUESTS / 5L, REQUESTS / 2L);
    assertThat(report.toBuilder().clearRepeatedClicks().clearRepeatedImpressions().build())
        .isEqualTo(expected);
    assertThat(straight.quality.examples()).isEqualTo(REQUESTS);
    assertThat(shuffled.quality.examples()).isEqualTo(REQUESTS);
    assertThat(straight.quality.normalizedEntropy()).isLessThan(0.95);
    double moved = shuffled.quality.logLoss() / straight.quality.logLoss() - 1;
    assertThat(Math.abs(moved)).isBetween(1e-9, 1e-3);
  }

  /** Requests with a planted probability; clicks within 25 s. */
  private static List<Arrival> arrivals(boolean areShuffled) {
    var random = new SplittableRandom(11);
    var order = new SplittableRandom(12);
    List<Arrival> arrivals = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int user = (int) (300 * Math.pow(random.nextDouble(), 2));
      int item = (int) (200 * Math.pow(random.nextDouble(), 2));
      double logit = -1 + 1.2 * Math.sin(user) + 1.2 * Math.cos(3 * item);
      long shownMs = KeyedExamples.NOW_MS + i * BETWEEN_MS;
      List<Arrival> events = new ArrayList<>();
      events.add(new Arrival(shownMs, impression("r" + i, shownMs, user, item)));
      boolean isClicked = random.nextDouble() < 1 / (1 + Math.exp(-logit));
      long clickedMs = shownMs + random.nextLong(LATEST_MS);
      if (isClicked) {
        var click = Click.newBuilder().setRequestId("r" + i).setEventTimeMs(clickedMs).build();
        events.add(new Arrival(clickedMs, click));
      }
      for (Arrival of : events) {
        int times = areShuffled && order.nextInt(10) == 0 ? 2 : 1;
        for (int time = 0; time < times; time++) {
          long delayMs = areShuffled ? order.nextLong(LATEST_MS) : 0;
          arrivals.add(new Arrival(of.ms + delayMs, of.event));
        }
      }
    }
    arrivals.sort(Comparator.comparingLong(Arrival::ms));
    return arrivals;
  }

  private static Impression impression(String id, long ms, int user, int item) {
    return Impression.newBuilder()
        .setRequestId(id)
        .setEventTimeMs(ms)
        .addFeatures(Feature.newBuilder().setName("user").addIntIds(user))
        .addFeatures(Feature.newBuilder().setName("item").addIntIds(item))
        .build();
  }

  private static final class Run {
    private static final int BATCH = 32;

    private final Adagrad optimizer = new Adagrad(OptimizerConfig.defaults(), 1);
    private final Tables tables = new Tables(SHARDS, DIMENSION, optimizer);
    private final FeatureSet features = new FeatureSet(FeaturesConfig.defaults());
    private final ExampleCodec codec = new ExampleCodec(LimitsConfig.defaults(), features);
    private final Trainer.Shared shared =
        new Trainer.Shared(
            features,
            tables,
            new InFlight(WIDTH, 1_000_000),
            new DenseReplica(optimizer),
            optimizer,
            new ModelConfig(DIMENSION, HeadKind.FM, List.of(), List.of(), BasisKind.IDENTITY, 1));
    private final Predictor predictor = new Predictor(SHARDS, DIMENSION, shared);
    private final Trainer trainer = new Trainer(0, SHARDS, DIMENSION, shared);
    private final QualitySum quality = new QualitySum();
    private final List<Example> joined = new ArrayList<>();
    private final Joiner joiner =
        new Joiner(
            new JoinConfig(Duration.ofMillis(WINDOW_MS), Duration.ofHours(1), 1, Bytes.mib(64)),
            64 << 20,
            1,
            new KeptEvents(),
            JoinClock.getDefaultInstance(),
            (example, source) -> joined.add(example));
    private long offset;

    void take(List<Arrival> arrivals) throws RefusedEventException {
      for (Arrival arrival : arrivals) {
        if (arrival.event instanceof Impression impression) {
          joiner.impression(impression, "web", predicted(impression));
        } else {
          joiner.click((Click) arrival.event);
        }
        learn(BATCH);
      }
      long endMs = KeyedExamples.NOW_MS + REQUESTS * BETWEEN_MS + 10 * WINDOW_MS;
      joiner.click(Click.newBuilder().setHeartbeat(true).setEventTimeMs(endMs).build());
      learn(1);
      trainer.takeQuality(offset, false).getSourcesList().forEach(quality::add);
    }

    private float predicted(Impression impression) throws RefusedEventException {
      var unlabelled =
          Example.newBuilder()
              .setEventTimeMs(impression.getEventTimeMs())
              .setLabel(0)
              .addAllFeatures(impression.getFeaturesList());
      predictor.add(codec.key(unlabelled.build()), "");
      predictor.predict();
      float logit = predictor.logit(0);
      predictor.clear();
      return logit;
    }

    private void learn(int atLeast) throws RefusedEventException {
      while (joined.size() >= atLeast) {
        List<Example> batch = joined.subList(0, Math.min(BATCH, joined.size()));
        for (Example of : batch) {
          trainer.add(codec.key(of), "web");
        }
        batch.clear();
        trainer.learn(++offset, 1, tables::send);
        trainer.committing();
        tables.applyAllBut(0);
      }
    }
  }
}
