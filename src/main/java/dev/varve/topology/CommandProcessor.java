package dev.varve.topology;

import dev.varve.event.EventFormat;
import dev.varve.event.RefusedEventException;
import dev.varve.layout.CensusMerge;
import dev.varve.schema.Command;
import dev.varve.schema.Layout;
import dev.varve.schema.Reply;
import dev.varve.schema.StatusReply;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Carries out operators' commands and answers each: with its result, or with the reason why not. A
 * command without an id cannot be answered and becomes a dead letter.
 */
final class CommandProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
  static final String REPLIES = "replies";

  private @Nullable BalanceState state;
  private @Nullable DeadLetters deadLetters;

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    super.init(context);
    state = new BalanceState(context);
    deadLetters = new DeadLetters(context, CensusProcessor.DEAD_LETTERS);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    try {
      if (record.value() == null) {
        throw RefusedEventException.of("command", "empty", "a Command as protobuf or JSON");
      }
      Command command = EventFormat.parse(record.value(), Command.newBuilder()).build();
      if (command.getId().isEmpty()) {
        throw RefusedEventException.of("command id", "missing", "a text that names the command");
      }
      byte[] key = command.getId().getBytes(StandardCharsets.UTF_8);
      context()
          .forward(new Record<>(key, carryOut(command).toByteArray(), record.timestamp()), REPLIES);
    } catch (RefusedEventException e) {
      Initialized.require(deadLetters).send(record, String.valueOf(e.getMessage()));
    }
  }

  private Reply carryOut(Command command) {
    var reply = Reply.newBuilder().setId(command.getId());
    return switch (command.getActionCase()) {
      case STATUS -> reply.setStatus(status()).build();
      case ACTION_NOT_SET -> reply.setError("command: no action (expected: one of status)").build();
      default ->
          reply
              .setError("command: %s (expected: status)".formatted(command.getActionCase()))
              .build();
    };
  }

  private StatusReply status() {
    BalanceState balance = Initialized.require(state);
    CensusMerge census = balance.census();
    Layout layout = balance.layout();
    return StatusReply.newBuilder()
        .setLayoutVersion(layout == null ? 0 : layout.getVersion())
        .setShards(census.shards())
        .setExamples(census.examples())
        .addAllTables(census.tables())
        .build();
  }
}
