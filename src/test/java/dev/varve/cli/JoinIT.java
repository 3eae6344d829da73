package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import dev.varve.schema.Click;
import dev.varve.schema.Feature;
import dev.varve.schema.Impression;
import dev.varve.schema.JoinReport;
import dev.varve.schema.Quality;
import dev.varve.schema.SourceQuality;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The joiner in a real process with the real broker, and real kills while events come in. */
class JoinIT {
  private static final Topics TOPICS = new Topics(KafkaConfig.defaults());
  private static final long BEGIN_MS = 1_700_000_000_000L;
  private static final int SHOWN = 60_000;

  /** Of event time and, nearly, of the clock: kills delay events by less than the window. */
  private static final int PER_SECOND = 6_000;

  /** Within the window of two minutes, and behind it. */
  private static final int SOON_MS = 2_000;

  private static final int LATE_MS = 180_000;

  @TempDir Path folder;

  /** Every third is clicked soon, every tenth late or, where it is both, soon. */
  private static boolean isClickedSoon(int shown) {
    return shown % 3 == 0;
  }

  private static boolean isClickedLate(int shown) {
    return shown % 10 == 1 && !isClickedSoon(shown);
  }

  @Test
  void everyImpressionCountsOnceWithItsLabelWhateverIsKilled() throws Exception {
    VarveProcess.Home home = VarveProcess.Home.in(folder);
    String[] join = {"--set", "join.window=2m", "--set", "join.late=1h"};
    VarveProcess varve = VarveProcess.up(home, join);
    try (var producer = producer(varve.bootstrap())) {
      var feeding = new FutureTask<>(new Feeder(producer)::feed);
      Thread.ofPlatform().name("feed").start(feeding);
      // While impressions come, while windows are closed, and while late clicks come.
      for (int learned : new int[] {5_000, SHOWN / 2, SHOWN + 500}) {
        varve.awaitExamples(learned);
        varve.kill();
        varve = VarveProcess.up(home, join);
      }
      int clicks = feeding.get(3, TimeUnit.MINUTES);
      assertThat(clicks).isGreaterThan(SHOWN / 3);

      JoinReport joined = awaitAll(varve.bootstrap(), clicks);
      assertThat(joined.getImpressions()).isEqualTo(SHOWN);
      assertThat(joined.getClicks()).isEqualTo(clicks);
      assertThat(joined.getPositives() + joined.getLateClicks()).isEqualTo(clicks);
      assertThat(joined.getPositives() + joined.getNegatives()).isEqualTo(SHOWN);
      assertThat(joined.getLateClicks()).isPositive();
      assertThat(joined.getRepeatedImpressions()).isGreaterThanOrEqualTo(SHOWN / 50);
      assertThat(joined.getRepeatedClicks()).isPositive();
      assertThat(joined.getOrphans() + joined.getLateImpressions() + joined.getClosedEarly())
          .isZero();
      assertLearned(varve, joined, clicks);
    } finally {
      varve.close();
    }
  }

  /**
   * A correction counts as a click, and takes the impression back that counted as none: so what
   * came when does not matter to the sums.
   */
  private static void assertLearned(VarveProcess varve, JoinReport joined, int clicks)
      throws Exception {
    long learned = SHOWN + joined.getLateClicks();
    varve.awaitExamples(learned);
    assertThat(varve.status().path("examples").asLong()).isEqualTo(learned);
    assertThat(varve.status().at("/tables/user/occurrences").asLong()).isEqualTo(learned);
    double weight = 0;
    double positives = 0;
    for (Quality report :
        Committed.records(varve.bootstrap(), TOPICS.quality(), Quality.parser())) {
      for (SourceQuality source : report.getSourcesList()) {
        weight += source.getWeight();
        positives += source.getPositives();
      }
    }
    assertThat(weight).isEqualTo(SHOWN);
    assertThat(positives).isEqualTo(clicks);
  }

  // -- what is sent

  private static KafkaProducer<byte[], byte[]> producer(String bootstrap) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "delivery.timeout.ms",
            180_000,
            "linger.ms",
            5,
            "max.in.flight.requests.per.connection",
            1);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Sends impressions and clicks, some of them twice; late clicks when all windows are closed. */
  private static final class Feeder {
    private final KafkaProducer<byte[], byte[]> producer;
    private final List<Future<RecordMetadata>> sent = new ArrayList<>();
    private int clicks;

    Feeder(KafkaProducer<byte[], byte[]> producer) {
      this.producer = producer;
    }

    /** Gives the number of clicks, once the broker has all. */
    int feed() throws Exception {
      int soon = SOON_MS * PER_SECOND / 1_000;
      for (int step = 0; step < SHOWN + soon; step++) {
        if (step < SHOWN) {
          show(step);
        }
        if (step >= soon && isClickedSoon(step - soon)) {
          click(step - soon, SOON_MS);
        }
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / PER_SECOND);
      }
      awaitSent();
      closeWindows();
      for (int shown = 0; shown < SHOWN; shown++) {
        if (isClickedLate(shown)) {
          click(shown, LATE_MS);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
      }
      awaitSent();
      return clicks;
    }

    private void awaitSent() throws Exception {
      for (Future<RecordMetadata> record : sent) {
        record.get();
      }
      sent.clear();
    }

    private void show(int shown) {
      Message impression =
          Impression.newBuilder()
              .setRequestId("r" + shown)
              .setEventTimeMs(shownMs(shown))
              .addFeatures(Feature.newBuilder().setName("user").addIntIds(shown % 500))
              .build();
      send(TOPICS.impressions(), shown, impression, shown % 50 == 0 ? 2 : 1);
    }

    private void click(int shown, int afterMs) {
      Message click =
          Click.newBuilder()
              .setRequestId("r" + shown)
              .setEventTimeMs(shownMs(shown) + afterMs)
              .build();
      send(TOPICS.clicks(), shown, click, shown % 60 == 0 ? 2 : 1);
      clicks++;
    }

    private void send(String topic, int shown, Message message, int times) {
      byte[] key = ("r" + shown).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < times; i++) {
        sent.add(producer.send(new ProducerRecord<>(topic, key, message.toByteArray())));
      }
    }

    private void closeWindows() {
      Message beat =
          Click.newBuilder().setHeartbeat(true).setEventTimeMs(shownMs(SHOWN) + LATE_MS).build();
      for (int partition = 0; partition < TOPICS.config().partitions(); partition++) {
        sent.add(
            producer.send(
                new ProducerRecord<>(TOPICS.clicks(), partition, null, beat.toByteArray())));
      }
    }
  }

  private static long shownMs(int shown) {
    return BEGIN_MS + shown * 1_000L / PER_SECOND;
  }

  // -- what came of it

  /** What all joiners have counted, once all clicks have come and every window is closed. */
  private static JoinReport awaitAll(String bootstrap, int clicks)
      throws IOException, InterruptedException {
    JoinReport sum = JoinReport.getDefaultInstance();
    for (int i = 0; i < 60 && !isAll(sum, clicks); i++) {
      TimeUnit.SECONDS.sleep(1);
      sum = sum(Committed.records(bootstrap, TOPICS.joins(), JoinReport.parser()));
    }
    return sum;
  }

  private static boolean isAll(JoinReport sum, int clicks) {
    return sum.getPositives() + sum.getNegatives() >= SHOWN && sum.getClicks() >= clicks;
  }

  private static JoinReport sum(List<JoinReport> reports) {
    JoinReport.Builder sum = JoinReport.newBuilder();
    for (JoinReport report : reports) {
      sum.setImpressions(sum.getImpressions() + report.getImpressions())
          .setClicks(sum.getClicks() + report.getClicks())
          .setPositives(sum.getPositives() + report.getPositives())
          .setNegatives(sum.getNegatives() + report.getNegatives())
          .setLateClicks(sum.getLateClicks() + report.getLateClicks())
          .setRepeatedImpressions(sum.getRepeatedImpressions() + report.getRepeatedImpressions())
          .setRepeatedClicks(sum.getRepeatedClicks() + report.getRepeatedClicks())
          .setOrphans(sum.getOrphans() + report.getOrphans())
          .setLateImpressions(sum.getLateImpressions() + report.getLateImpressions())
          .setClosedEarly(sum.getClosedEarly() + report.getClosedEarly());
    }
    return sum.build();
  }
}
