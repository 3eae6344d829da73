package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.layout.Layouts;
import dev.varve.schema.Census;
import dev.varve.store.Messages;
import java.time.Duration;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Keeps each shard's newest census, and publishes the first layout, once. */
final class CensusProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
  static final String DEAD_LETTERS = "balance-dead-letters";
  static final String LAYOUT = "layout";

  private static final Duration SOON = Duration.ofMillis(50);

  private final int dimension;
  private @Nullable BalanceState state;
  private @Nullable DeadLetters deadLetters;
  private @Nullable Cancellable atStart;

  CensusProcessor(int dimension) {
    this.dimension = dimension;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    super.init(context);
    state = new BalanceState(context);
    deadLetters = new DeadLetters(context, DEAD_LETTERS);
    atStart = context.schedule(SOON, PunctuationType.WALL_CLOCK_TIME, this::publishFirstLayout);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    try {
      Initialized.require(state).put(Messages.received(Census.parser(), record.value()));
    } catch (InvalidProtocolBufferException e) {
      Initialized.require(deadLetters).send(record, String.valueOf(e.getMessage()));
    }
  }

  private void publishFirstLayout(long nowMs) {
    Initialized.require(atStart).cancel();
    BalanceState balance = Initialized.require(state);
    if (balance.layout() == null) {
      var first = Layouts.first(dimension);
      balance.put(first);
      context().forward(new Record<>(GlobalProcessor.KEY, first.toByteArray(), nowMs), LAYOUT);
    }
  }
}
