package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.broker.DeadLetter;
import dev.varve.event.LimitsConfig;
import dev.varve.event.RefusedEventException;
import dev.varve.join.JoinConfig;
import dev.varve.join.JoinEvents;
import dev.varve.join.JoinWindow;
import dev.varve.join.Joiner;
import dev.varve.schema.Click;
import dev.varve.schema.Example;
import dev.varve.schema.Impression;
import dev.varve.schema.JoinClock;
import dev.varve.schema.JoinReport;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/**
 * Joins one partition of impressions with the same one of clicks. Impressions are predicted when
 * they come, so that quality can be measured once it is known whether they were clicked; some
 * events are taken together for that, and none is left over when it commits.
 */
final class JoinProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  static final String EXAMPLES = "joined-examples";
  static final String DEAD_LETTERS = "join-dead-letters";
  static final String REPORTS = "joins";
  static final String WAITING = "join-waiting";
  static final String CLOCK = "join-clock";
  static final String HOOK = "join-commit";

  private static final Bytes CLOCK_KEY = Bytes.wrap(new byte[] {0});

  /**
   * What joiners of one process are made with.
   *
   * @param impressions name of the topic
   * @param partitions that share the bytes
   * @param seed decides which negatives are left out
   * @param window receives what is counted
   */
  record Settings(
      JoinConfig config, String impressions, int partitions, long seed, JoinWindow window) {}

  /** So many events are taken together. */
  private static final int TOGETHER = 64;

  /**
   * An event that waits for those that it is taken together with.
   *
   * @param impression null for a click
   * @param click null for an impression
   * @param place of the impression's prediction
   */
  private record Arrived(
      Record<byte[], byte[]> record,
      RecordMetadata from,
      @Nullable Impression impression,
      @Nullable Click click,
      int place) {}

  private final Settings settings;
  private final JoinEvents events;
  private final ShownPredictions predictions;
  private final List<Arrived> arrived = new ArrayList<>();
  private @Nullable ProcessorContext<byte[], byte[]> context;
  private @Nullable DeadLetters deadLetters;
  private @Nullable KeyValueStore<Bytes, byte[]> clock;
  private @Nullable Joiner joiner;
  private long timestampMs;

  /** Whether a record is being worked on, or was left with an exception. */
  private boolean unfinished;

  JoinProcessor(Settings settings, LimitsConfig limits, ShownPredictions predictions) {
    this.settings = settings;
    this.predictions = predictions;
    this.events = new JoinEvents(limits);
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> processorContext) {
    context = processorContext;
    deadLetters = new DeadLetters(processorContext, DEAD_LETTERS);
    WindowStore<Bytes, byte[]> waiting = processorContext.getStateStore(WAITING);
    KeyValueStore<Bytes, byte[]> kept = processorContext.getStateStore(CLOCK);
    clock = kept;
    joiner =
        new Joiner(
            settings.config,
            settings.config.waiting().count() / settings.partitions,
            settings.seed,
            new WindowedEvents(waiting, settings.config),
            clock(kept.get(CLOCK_KEY)),
            this::forward);
    CommitHook hook = processorContext.getStateStore(HOOK);
    hook.beforeCommit(processorContext, this::beforeCommit);
  }

  private static JoinClock clock(byte @Nullable [] kept) {
    try {
      return kept == null ? JoinClock.getDefaultInstance() : JoinClock.parseFrom(kept);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("join clock: unreadable (expected: one of Varve's)", e);
    }
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    unfinished = true;
    RecordMetadata from = Initialized.require(context).recordMetadata().orElseThrow();
    try {
      if (record.value() == null) {
        throw RefusedEventException.of("event", "empty", "a message as protobuf or JSON");
      }
      if (from.topic().equals(settings.impressions)) {
        Impression impression = events.impression(record.value());
        int place = predictions.add(impression);
        arrived.add(new Arrived(record, from, impression, null, place));
      } else {
        Click click = events.click(record.value());
        arrived.add(new Arrived(record, from, null, click, ShownPredictions.NONE));
      }
    } catch (RefusedEventException e) {
      refuse(record, from, e);
    }
    if (arrived.size() >= TOGETHER) {
      takeArrived();
    }
    unfinished = false;
  }

  private void takeArrived() {
    predictions.predict();
    for (Arrived event : arrived) {
      timestampMs = event.record.timestamp();
      if (event.click != null) {
        joiner().click(event.click);
      } else {
        impression(event);
      }
    }
    arrived.clear();
    predictions.clear();
  }

  private void impression(Arrived event) {
    try {
      joiner()
          .impression(
              Initialized.require(event.impression),
              DeadLetter.source(event.record.headers()),
              predictions.of(event.place));
    } catch (RefusedEventException e) {
      refuse(event.record, event.from, e);
    }
  }

  private void refuse(
      Record<byte[], byte[]> record, RecordMetadata from, RefusedEventException why) {
    joiner().refused();
    Initialized.require(deadLetters).send(record, from, String.valueOf(why.getMessage()));
  }

  /** An example goes to the partition of its request id, where the impression came from. */
  private void forward(Example example, String source) {
    var headers = new RecordHeaders();
    if (!source.isEmpty()) {
      headers.add(DeadLetter.SOURCE, source.getBytes(StandardCharsets.UTF_8));
    }
    byte[] key = example.getRequestId().getBytes(StandardCharsets.UTF_8);
    Initialized.require(context)
        .forward(new Record<>(key, example.toByteArray(), timestampMs, headers), EXAMPLES);
  }

  private void beforeCommit() {
    if (unfinished) {
      // The task is being closed: its transaction will be aborted and its events read again.
      return;
    }
    unfinished = true;
    takeArrived();
    if (joiner().hasReport()) {
      report();
    }
    unfinished = false;
  }

  private void report() {
    ProcessorContext<byte[], byte[]> to = Initialized.require(context);
    Initialized.require(clock).put(CLOCK_KEY, joiner().clock().toByteArray());
    JoinReport report = joiner().takeReport(to.taskId().partition());
    settings.window.add(report);
    to.forward(new Record<>(null, report.toByteArray(), timestampMs), REPORTS);
  }

  private Joiner joiner() {
    return Initialized.require(joiner);
  }
}
