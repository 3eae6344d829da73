package dev.varve.bench;

import dev.varve.event.Category;
import dev.varve.schema.Click;
import dev.varve.schema.Feature;
import dev.varve.schema.Impression;
import dev.varve.store.Embeddings;
import dev.varve.store.LookupStatus;
import dev.varve.store.ShardUnavailableException;
import dev.varve.store.Vectors;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Shows and clicks, each of a category of its own, and looks up when it has got a vector.
 *
 * <p><b>Threads:</b> one.
 */
final class ClickProbe implements AutoCloseable {
  static final int WARM_UP = 40;
  static final int COUNTED = 300;

  private static final String TABLE = "probe";
  private static final Duration BETWEEN = Duration.ofMillis(50);

  /** From impression to click: the joiner has the impression by then. */
  private static final Duration SHOWN_BEFORE = Duration.ofMillis(500);

  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final KafkaScene scene;
  private final Embeddings embeddings;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Vectors found;
  private long shown;

  private record Shown(long number, long dueNs) {}

  private record Clicked(long number, long atNs) {}

  ClickProbe(KafkaScene scene, Embeddings embeddings) {
    this.scene = scene;
    this.embeddings = embeddings;
    this.found = new Vectors(1, embeddings.dimension());
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                scene.bootstrap(),
                "linger.ms",
                0,
                "max.in.flight.requests.per.connection",
                1),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Microseconds from just before each click was sent to its vector's being there. */
  Histogram run(int clicks) throws InterruptedException {
    var micros = new Histogram(3);
    Deque<Shown> waiting = new ArrayDeque<>();
    Deque<Clicked> clicked = new ArrayDeque<>();
    long nextNs = System.nanoTime();
    int left = clicks;
    while (micros.getTotalCount() < clicks) {
      long now = System.nanoTime();
      if (left > 0 && now - nextNs >= 0) {
        show(shown);
        waiting.add(new Shown(shown++, now + SHOWN_BEFORE.toNanos()));
        nextNs = now + BETWEEN.toNanos();
        left--;
      }
      while (!waiting.isEmpty() && now - waiting.element().dueNs >= 0) {
        long number = waiting.remove().number;
        clicked.add(new Clicked(number, System.nanoTime()));
        click(number);
      }
      for (int n = clicked.size(); n > 0; n--) {
        Clicked of = clicked.remove();
        long took = System.nanoTime() - of.atNs;
        if (isThere(of.number)) {
          micros.recordValue(took / 1_000);
        } else if (took < LONGEST.toNanos()) {
          clicked.add(of);
        } else {
          throw new IllegalStateException(
              "click: no vector after %s (expected: one)".formatted(LONGEST));
        }
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
    return micros;
  }

  private boolean isThere(long number) {
    try {
      embeddings.lookup(TABLE, new long[] {Category.key(number)}, 0, found);
    } catch (ShardUnavailableException e) {
      return false;
    }
    return LookupStatus.of(found.statuses()[0]) == LookupStatus.ROW;
  }

  private void show(long number) {
    var feature = Feature.newBuilder().setName(TABLE).addIntIds(number);
    var impression =
        Impression.newBuilder()
            .setRequestId(id(number))
            .setEventTimeMs(System.currentTimeMillis())
            .addFeatures(feature);
    send(scene.topics().impressions(), number, impression.build().toByteArray());
  }

  private void click(long number) {
    var click =
        Click.newBuilder().setRequestId(id(number)).setEventTimeMs(System.currentTimeMillis());
    send(scene.topics().clicks(), number, click.build().toByteArray());
  }

  private static String id(long number) {
    return TABLE + "-" + number;
  }

  private void send(String topic, long number, byte[] value) {
    var _ =
        producer.send(
            new ProducerRecord<>(topic, id(number).getBytes(StandardCharsets.UTF_8), value));
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
