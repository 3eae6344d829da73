package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.schema.UpdateBatch;
import dev.varve.store.EmbeddingStore;
import dev.varve.store.EmbeddingStoreBuilder;
import dev.varve.store.Messages;
import dev.varve.store.RefusedBatchException;
import java.time.Duration;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies a shard's update batches to its embedding store, and sends the census. */
final class TableProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
  static final String DEAD_LETTERS = "table-dead-letters";
  static final String CENSUS = "census";

  private static final Logger log = LoggerFactory.getLogger(TableProcessor.class);

  private final Duration censusEvery;
  private @Nullable EmbeddingStore store;
  private @Nullable DeadLetters deadLetters;
  private boolean changed;
  private long reportedGradients;

  TableProcessor(Duration censusEvery) {
    this.censusEvery = censusEvery;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    super.init(context);
    deadLetters = new DeadLetters(context, DEAD_LETTERS);
    EmbeddingStore rows = context.getStateStore(EmbeddingStoreBuilder.NAME);
    rows.open();
    store = rows;
    var _ = context.schedule(censusEvery, PunctuationType.WALL_CLOCK_TIME, this::sendCensus);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    EmbeddingStore rows = Initialized.require(store);
    try {
      rows.apply(Messages.received(UpdateBatch.parser(), record.value()));
      changed = true;
    } catch (InvalidProtocolBufferException | RefusedBatchException e) {
      Initialized.require(deadLetters).send(record, String.valueOf(e.getMessage()));
    }
  }

  private void sendCensus(long nowMs) {
    if (changed) {
      EmbeddingStore rows = Initialized.require(store);
      byte[] census = rows.census().toByteArray();
      context().forward(new Record<>(null, census, nowMs), CENSUS);
      // Its bins lack what is not committed: then another one follows.
      changed = rows.isDirty();
      reportRefusedGradients();
    }
  }

  /** They are never learned from, but whoever runs this has to know. */
  private void reportRefusedGradients() {
    long refused = Initialized.require(store).refusedGradients();
    if (refused > reportedGradients) {
      log.warn(
          "shard {}: {} gradients refused since the last message (expected: numbers up to 1e18)",
          context().taskId().partition(),
          refused - reportedGradients);
      reportedGradients = refused;
    }
  }
}
