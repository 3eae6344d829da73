package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.schema.Decision;
import dev.varve.schema.UpdateBatch;
import dev.varve.store.EmbeddingStore;
import dev.varve.store.EmbeddingStoreBuilder;
import dev.varve.store.Messages;
import dev.varve.store.RefusedBatchException;
import java.time.Duration;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies a shard's update batches to its embedding store, logs what the shard decides, and sends
 * the census.
 */
final class TableProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
  static final String DEAD_LETTERS = "table-dead-letters";
  static final String CENSUS = "census";
  static final String DECISIONS = "decisions";

  private static final Logger log = LoggerFactory.getLogger(TableProcessor.class);

  /** Between two steps of a sweep updates are applied, and commits are made. */
  private static final Duration PAUSE = Duration.ofMillis(1);

  private final Duration censusEvery;
  private final Duration step;
  private final SweepShare share;
  private @Nullable EmbeddingStore store;
  private @Nullable DeadLetters deadLetters;
  private @Nullable Cancellable sweep;

  /** At start too: nothing is planned before every shard has sent one. */
  private boolean changed = true;

  /** Newest layout of which the census has told that every row follows it. */
  private long told;

  private long reportedGradients;

  /**
   * @param step how long the sweep behind a new layout may take at a time
   * @param share what it may take of its thread
   */
  TableProcessor(Duration censusEvery, Duration step, SweepShare share) {
    this.censusEvery = censusEvery;
    this.step = step;
    this.share = share;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    super.init(context);
    deadLetters = new DeadLetters(context, DEAD_LETTERS);
    EmbeddingStore rows = context.getStateStore(EmbeddingStoreBuilder.NAME);
    rows.open();
    store = rows;
    if (rows.isRefused()) {
      // The process, which asks for every shard, is about to end and to say why.
      return;
    }
    var _ = context.schedule(censusEvery, PunctuationType.WALL_CLOCK_TIME, this::sendCensus);
    if (!rows.isSwept()) {
      // Later: nothing can be sent yet, and the end of a sweep is logged.
      sweepSoon();
    }
  }

  private void sweepSoon() {
    sweep = context().schedule(PAUSE, PunctuationType.WALL_CLOCK_TIME, this::sweep);
  }

  /** The first step at once: usually it is the only one, and the room it makes is counted on. */
  private void goOnSweeping() {
    EmbeddingStore rows = Initialized.require(store);
    if (sweep == null && !rows.isSwept()) {
      rows.sweep(step.toNanos());
      logDecisions();
      sweepSoon();
    }
  }

  /**
   * A step; behind the last one for a layout the census that says so, once what it tells is
   * committed. Prices change too often for that.
   */
  private void sweep(long nowMs) {
    EmbeddingStore rows = Initialized.require(store);
    if (!rows.isSweepInMemory() && !share.isLeft(rows.isRoomAwaited())) {
      return;
    }
    long begun = System.nanoTime();
    boolean done = rows.sweep(step.toNanos());
    share.took(System.nanoTime() - begun);
    logDecisions();
    changed = true;
    if (!done) {
      return;
    }
    long layout = rows.layoutVersion();
    if (told < layout && rows.committedLayout() < layout) {
      context().commit();
      return;
    }
    Initialized.require(sweep).cancel();
    sweep = null;
    if (told < layout) {
      told = layout;
      sendCensus(nowMs);
      context().commit();
    }
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    EmbeddingStore rows = Initialized.require(store);
    try {
      UpdateBatch batch = Messages.received(UpdateBatch.parser(), record.value());
      rows.apply(batch);
      changed = true;
      logDecisions();
      goOnSweeping();
    } catch (InvalidProtocolBufferException | RefusedBatchException e) {
      Initialized.require(deadLetters).send(record, String.valueOf(e.getMessage()));
    }
  }

  /** In the shard's own log, in the transaction of what the shard has done by them. */
  private void logDecisions() {
    for (Decision decision : Initialized.require(store).takeDecisions()) {
      byte[] logged = UpdateBatch.newBuilder().setDecision(decision).build().toByteArray();
      byte[] key = ShardPartitioner.key(context().taskId().partition());
      context().forward(new Record<>(key, logged, context().currentSystemTimeMs()), DECISIONS);
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
