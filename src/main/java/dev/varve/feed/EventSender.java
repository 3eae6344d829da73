package dev.varve.feed;

import dev.varve.base.Seeds;
import dev.varve.broker.Topics;
import dev.varve.schema.Click;
import dev.varve.schema.Example;
import dev.varve.schema.Impression;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Sends labelled examples as what they were made of, impressions and clicks, for Varve to join
 * again. A log does not say when it was clicked: delays are drawn, exponentially distributed, and a
 * click is sent when the log has come to its time. In the end it tells all partitions a time at
 * which every window is closed.
 *
 * <p><b>Threads:</b> one.
 *
 * <p><b>Errors:</b> a record that cannot be delivered makes the next call throw {@link
 * KafkaException}.
 */
public final class EventSender implements LogSender {
  private static final float CLICKED = 0.5f;
  private static final long SEED = 1;
  private static final int STEPS_PER_WINDOW = 4;

  private final Outbox outbox;
  private final Topics topics;
  private final String source;
  private final Duration window;
  private final Duration meanDelay;
  private final PriorityQueue<Click> clicks =
      new PriorityQueue<>(
          Comparator.comparingLong(Click::getEventTimeMs).thenComparing(Click::getRequestId));
  private long sent;
  private long newestMs;

  /** Nothing of this time or later is sent before all that was sent has arrived. */
  private long arrivedToMs;

  /**
   * Connects.
   *
   * @param source names what is sent, in request ids, quality reports and dead letters
   * @param window that clicks have
   * @param meanDelay from impression to click
   */
  public EventSender(
      String bootstrap, Topics topics, String source, Duration window, Duration meanDelay) {
    this.outbox = new Outbox(bootstrap, topics, source);
    this.topics = topics;
    this.source = source;
    this.window = window;
    this.meanDelay = meanDelay;
  }

  @Override
  public void send(Example example) {
    long shownMs = example.getEventTimeMs();
    newestMs = Math.max(newestMs, shownMs);
    keepInStep();
    while (!clicks.isEmpty() && clicks.element().getEventTimeMs() <= newestMs) {
      sendClick(clicks.remove());
    }
    String id = source + "-" + sent;
    if (example.getLabel() >= CLICKED) {
      double waits = -Math.log(Seeds.uniform(Seeds.mix(SEED, sent)));
      long clickedMs = shownMs + (long) (waits * meanDelay.toMillis());
      clicks.add(Click.newBuilder().setRequestId(id).setEventTimeMs(clickedMs).build());
    }
    sent++;
    Impression impression =
        Impression.newBuilder()
            .setRequestId(id)
            .setEventTimeMs(shownMs)
            .addAllFeatures(example.getFeaturesList())
            .build();
    outbox.send(topics.impressions(), null, bytes(id), impression.toByteArray());
  }

  /**
   * Records of two topics arrive when their batches do. In a log that is sent much faster than life
   * that would be longer apart than the window.
   */
  private void keepInStep() {
    if (newestMs >= arrivedToMs) {
      outbox.flush();
      arrivedToMs = newestMs + window.toMillis() / STEPS_PER_WINDOW;
    }
  }

  private void sendClick(Click click) {
    newestMs = Math.max(newestMs, click.getEventTimeMs());
    outbox.send(topics.clicks(), null, bytes(click.getRequestId()), click.toByteArray());
  }

  private static byte[] bytes(String id) {
    return id.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void refuse(String raw, String reason) {
    outbox.refuse(raw, reason);
  }

  @Override
  public Map<TopicPartition, Long> flush() {
    while (!clicks.isEmpty()) {
      sendClick(clicks.remove());
    }
    // Impressions must not be behind the time that closes their windows.
    outbox.flush();
    Click heartbeat =
        Click.newBuilder()
            .setHeartbeat(true)
            .setEventTimeMs(newestMs + window.toMillis() + 1_000)
            .build();
    for (int partition = 0; partition < outbox.partitions(topics.clicks()); partition++) {
      outbox.send(topics.clicks(), partition, null, heartbeat.toByteArray());
    }
    return outbox.flush();
  }

  @Override
  public void close() {
    outbox.close();
  }
}
