package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.learn.Adagrad;
import dev.varve.learn.DenseMerge;
import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.store.Messages;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** Merges the trainers' dense deltas and publishes a version of the model with each commit. */
final class DenseProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
  static final String DEAD_LETTERS = "dense-dead-letters";
  static final String HOOK = "dense-commit";
  static final String STORE = "dense";
  static final String DENSE_MODEL = "dense-model";

  private static final String MODEL = "model";

  private final DenseMerge merge;
  private @Nullable KeyValueStore<String, byte[]> store;
  private @Nullable DeadLetters deadLetters;
  private boolean changed;

  DenseProcessor(Adagrad optimizer) {
    this.merge = new DenseMerge(optimizer);
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    super.init(context);
    deadLetters = new DeadLetters(context, DEAD_LETTERS);
    KeyValueStore<String, byte[]> models = context.getStateStore(STORE);
    store = models;
    byte[] model = models.get(MODEL);
    if (model != null) {
      merge.restore(Messages.parse(DenseModel.parser(), model, "dense model"));
    }
    CommitHook hook = context.getStateStore(HOOK);
    hook.beforeCommit(context, this::publish);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    try {
      merge.merge(Messages.received(DenseDelta.parser(), record.value()));
      changed = true;
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      Initialized.require(deadLetters).send(record, String.valueOf(e.getMessage()));
    }
  }

  private void publish() {
    if (changed) {
      byte[] model = merge.publish().toByteArray();
      Initialized.require(store).put(MODEL, model);
      context()
          .forward(
              new Record<>(GlobalProcessor.KEY, model, context().currentSystemTimeMs()),
              DENSE_MODEL);
      changed = false;
    }
  }
}
