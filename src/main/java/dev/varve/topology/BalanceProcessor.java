package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.event.EventFormat;
import dev.varve.event.RefusedEventException;
import dev.varve.layout.Balance;
import dev.varve.layout.Explanations;
import dev.varve.schema.Census;
import dev.varve.schema.Command;
import dev.varve.schema.Layout;
import dev.varve.schema.UpdateBatch;
import dev.varve.store.Messages;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Gives censuses and commands to {@link Balance}, and publishes what comes of it. A new layout goes
 * to the topic {@code layout} and into each partition of {@code updates}, in one transaction with
 * the state behind it and with the reply: after a crash all of it is there, or nothing.
 */
final class BalanceProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
  static final String STORE = "balance";
  static final String LAYOUT = "layout";
  static final String SHARDS = "layout-to-shards";
  static final String REPLIES = "replies";
  static final String DEAD_LETTERS = "balance-dead-letters";

  private static final Duration SOON = Duration.ofMillis(50);

  /** What is kept of a command must fit a record of the changelog. */
  private static final int LONGEST_COMMAND = 64 << 10;

  private static final int LONGEST_ID = 256;

  /** What it decides by; {@code commands} is the name of their topic. */
  record Settings(Balance.Setup setup, Explanations explanations, String commands) {}

  private final Settings settings;
  private @Nullable Balance balance;
  private @Nullable DeadLetters deadLetters;
  private @Nullable Cancellable atStart;
  private boolean begun;

  BalanceProcessor(Settings settings) {
    this.settings = settings;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    super.init(context);
    var memory = new KeyValueMemory(context.getStateStore(STORE));
    balance = new Balance(settings.setup, memory, settings.explanations);
    deadLetters = new DeadLetters(context, DEAD_LETTERS);
    atStart = context.schedule(SOON, PunctuationType.WALL_CLOCK_TIME, this::begin);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    begin(record.timestamp());
    try {
      if (context().recordMetadata().orElseThrow().topic().equals(settings.commands)) {
        command(record);
      } else {
        census(record);
      }
    } catch (RefusedEventException | InvalidProtocolBufferException | IllegalArgumentException e) {
      Initialized.require(deadLetters).send(record, String.valueOf(e.getMessage()));
    }
  }

  private void census(Record<byte[], byte[]> record) throws InvalidProtocolBufferException {
    Census census = Messages.received(Census.parser(), record.value());
    publish(Initialized.require(balance).census(census, record.timestamp()), record.timestamp());
  }

  private void command(Record<byte[], byte[]> record) throws RefusedEventException {
    Balance.Output output =
        Initialized.require(balance).command(read(record.value()), record.timestamp());
    byte[] key = output.reply().getId().getBytes(StandardCharsets.UTF_8);
    publish(output.layouts(), record.timestamp());
    context().forward(new Record<>(key, output.reply().toByteArray(), record.timestamp()), REPLIES);
  }

  /** A command that cannot be answered is refused. */
  private static Command read(byte @Nullable [] bytes) throws RefusedEventException {
    if (bytes == null) {
      throw RefusedEventException.of("command", "empty", "a Command as protobuf or JSON");
    }
    if (bytes.length > LONGEST_COMMAND) {
      throw RefusedEventException.of(
          "command", bytes.length + " bytes", "at most %d".formatted(LONGEST_COMMAND));
    }
    Command command = EventFormat.parse(bytes, Command.newBuilder()).build();
    if (command.getId().isEmpty()) {
      throw RefusedEventException.of("command id", "missing", "a text that names the command");
    }
    if (command.getId().length() > LONGEST_ID) {
      throw RefusedEventException.of(
          "command id", command.getId(), "at most %d characters".formatted(LONGEST_ID));
    }
    return command;
  }

  /** Shards follow the first layout without being told. */
  private void begin(long nowMs) {
    if (!begun) {
      begun = true;
      Initialized.require(atStart).cancel();
      Initialized.require(balance).begin(nowMs).ifPresent(first -> announce(first, nowMs));
    }
  }

  private void publish(List<Layout> layouts, long nowMs) {
    for (Layout layout : layouts) {
      announce(layout, nowMs);
      byte[] batch = UpdateBatch.newBuilder().setLayout(layout).build().toByteArray();
      for (int shard = 0; shard < settings.setup.shards(); shard++) {
        context().forward(new Record<>(ShardPartitioner.key(shard), batch, nowMs), SHARDS);
      }
    }
    if (!layouts.isEmpty()) {
      // Rows begin to move when it is committed.
      context().commit();
    }
  }

  private void announce(Layout layout, long nowMs) {
    context().forward(new Record<>(GlobalProcessor.KEY, layout.toByteArray(), nowMs), LAYOUT);
  }
}
