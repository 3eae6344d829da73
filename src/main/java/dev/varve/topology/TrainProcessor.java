package dev.varve.topology;

import dev.varve.base.Check;
import dev.varve.broker.DeadLetter;
import dev.varve.event.ExampleCodec;
import dev.varve.event.KeyedExample;
import dev.varve.event.RefusedEventException;
import dev.varve.learn.QualityWindow;
import dev.varve.learn.TopCategories;
import dev.varve.learn.Trainer;
import dev.varve.schema.DenseDelta;
import dev.varve.schema.Quality;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Learns one partition of examples: fills micro-batches, sends each shard its update batch, and
 * before a commit what is left, with the dense changes and the quality since the last one. So a
 * commit never leaves an example behind that was read and not learned.
 */
final class TrainProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  static final String DEAD_LETTERS = "train-dead-letters";
  static final String HOOK = "train-commit";
  static final String UPDATES = "updates";
  static final String DENSE_DELTAS = "dense-deltas";
  static final String QUALITY = "quality";

  /** What trainers of one process are made with. */
  record Settings(
      int batchSize,
      int shards,
      int dimension,
      Duration layoutWait,
      LayoutView layout,
      QualityWindow window,
      TopCategories top) {}

  /** So far may the tables be behind before learning waits for them. */
  private static final int MOST_ROWS_BEHIND = 60_000;

  /** Waiting must end well before the transaction times out. */
  private static final long LONGEST_WAIT_PER_COMMIT_NS = Duration.ofMillis(500).toNanos();

  /** Reports by table are some hundred KB. */
  private static final long TABLES_EVERY_MS = 5_000;

  private static final long PAUSE_NS = Duration.ofMillis(1).toNanos();

  private static final String UNPREDICTED =
      Check.message("prediction", "no number", "one; the weights have grown out of bounds");

  /** An example of the micro-batch, as it came. */
  private record Taken(Record<byte[], byte[]> record, RecordMetadata from) {}

  private final Settings settings;
  private final ExampleCodec codec;
  private final Trainer.Shared shared;
  private final List<Taken> taken = new ArrayList<>();
  private @Nullable Trainer trainer;
  private @Nullable ProcessorContext<byte[], byte[]> context;
  private @Nullable DeadLetters deadLetters;
  private long endOffset;
  private long timestampMs;
  private long waitedNs;
  private long reportedTablesMs;

  /** Whether examples were taken that are not learned yet. */
  private boolean pending;

  /** Whether a record or a commit is being worked on, or was left with an exception. */
  private boolean unfinished;

  TrainProcessor(Settings settings, ExampleCodec codec, Trainer.Shared shared) {
    this.settings = settings;
    this.codec = codec;
    this.shared = shared;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> processorContext) {
    context = processorContext;
    deadLetters = new DeadLetters(processorContext, DEAD_LETTERS);
    int partition = processorContext.taskId().partition();
    trainer = new Trainer(partition, settings.shards, settings.dimension, shared);
    CommitHook hook = processorContext.getStateStore(HOOK);
    hook.beforeCommit(processorContext, this::beforeCommit);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    unfinished = true;
    take(record);
    endOffset = Initialized.require(context).recordMetadata().orElseThrow().offset() + 1;
    timestampMs = record.timestamp();
    if (trainer().isFull(settings.batchSize)) {
      waitForTables();
      learn();
    }
    unfinished = false;
  }

  private void take(Record<byte[], byte[]> record) {
    String source = DeadLetter.source(record.headers());
    try {
      if (record.value() == null) {
        throw RefusedEventException.of("event", "empty", "an Example as protobuf or JSON");
      }
      KeyedExample example = codec.decode(record.value());
      trainer().add(example, source);
      RecordMetadata place = Initialized.require(context).recordMetadata().orElseThrow();
      taken.add(new Taken(record, place));
      if (!example.isCorrection()) {
        settings.top.offer(example, place.partition(), place.offset());
      }
      pending = true;
    } catch (RefusedEventException e) {
      trainer().rejected(source);
      Initialized.require(deadLetters).send(record, String.valueOf(e.getMessage()));
    }
  }

  private void learn() {
    if (pending) {
      int[] unpredicted =
          trainer()
              .learn(
                  endOffset,
                  layoutVersion(),
                  (update, shard) ->
                      forward(ShardPartitioner.key(shard), update.toByteArray(), UPDATES));
      for (int number : unpredicted) {
        Taken of = taken.get(number);
        trainer().rejected(DeadLetter.source(of.record.headers()));
        Initialized.require(deadLetters).send(of.record, of.from, UNPREDICTED);
      }
      taken.clear();
      pending = false;
    }
  }

  private void beforeCommit() {
    if (unfinished) {
      // The task is being closed: its transaction will be aborted and its examples read again.
      return;
    }
    unfinished = true;
    learn();
    DenseDelta delta = trainer().takeDense(endOffset, settings.layout.version());
    if (delta.getChangesCount() > 0) {
      forward(null, delta.toByteArray(), DENSE_DELTAS);
    }
    if (trainer().hasQuality()) {
      long nowMs = Initialized.require(context).currentSystemTimeMs();
      boolean withTables = nowMs - reportedTablesMs >= TABLES_EVERY_MS;
      reportedTablesMs = withTables ? nowMs : reportedTablesMs;
      Quality quality = trainer().takeQuality(endOffset, withTables);
      settings.window.add(quality);
      forward(null, quality.toByteArray(), QUALITY);
    }
    trainer().committing();
    waitedNs = 0;
    unfinished = false;
  }

  private void forward(byte @Nullable [] key, byte[] value, String sink) {
    Initialized.require(context).forward(new Record<>(key, value, timestampMs), sink);
  }

  /** Learning ahead of the tables means reading rows that are ever more out of date. */
  private void waitForTables() {
    while (waitedNs < LONGEST_WAIT_PER_COMMIT_NS && trainer().rowsBehind() > MOST_ROWS_BEHIND) {
      long before = System.nanoTime();
      LockSupport.parkNanos(PAUSE_NS);
      waitedNs += System.nanoTime() - before;
    }
  }

  private long layoutVersion() {
    try {
      if (!settings.layout.await(settings.layoutWait)) {
        throw new IllegalStateException(
            "layout: none within %s (expected: version 1, published by the store application)"
                .formatted(settings.layoutWait));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("layout: interrupted while waiting (expected: version 1)", e);
    }
    return settings.layout.version();
  }

  @Override
  public void close() {
    Trainer open = trainer;
    if (open != null) {
      open.close();
    }
  }

  private Trainer trainer() {
    return Initialized.require(trainer);
  }
}
