package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.broker.DeadLetter;
import dev.varve.event.LimitsConfig;
import dev.varve.event.RefusedEventException;
import dev.varve.join.JoinConfig;
import dev.varve.join.JoinEvents;
import dev.varve.join.JoinWindow;
import dev.varve.join.Joiner;
import dev.varve.schema.Example;
import dev.varve.schema.JoinClock;
import dev.varve.schema.JoinReport;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/** Joins one partition of impressions with the same one of clicks. */
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

  private final Settings settings;
  private final JoinEvents events;
  private @Nullable ProcessorContext<byte[], byte[]> context;
  private @Nullable DeadLetters deadLetters;
  private @Nullable KeyValueStore<Bytes, byte[]> clock;
  private @Nullable Joiner joiner;
  private long timestampMs;

  /** Whether a record is being worked on, or was left with an exception. */
  private boolean unfinished;

  JoinProcessor(Settings settings, LimitsConfig limits) {
    this.settings = settings;
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
    timestampMs = record.timestamp();
    try {
      if (record.value() == null) {
        throw RefusedEventException.of("event", "empty", "a message as protobuf or JSON");
      }
      String topic = Initialized.require(context).recordMetadata().orElseThrow().topic();
      if (topic.equals(settings.impressions)) {
        joiner().impression(events.impression(record.value()), DeadLetter.source(record.headers()));
      } else {
        joiner().click(events.click(record.value()));
      }
    } catch (RefusedEventException e) {
      joiner().refused();
      Initialized.require(deadLetters).send(record, String.valueOf(e.getMessage()));
    }
    unfinished = false;
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
    if (unfinished || !joiner().hasReport()) {
      return;
    }
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
