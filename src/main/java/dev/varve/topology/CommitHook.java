package dev.varve.topology;

import dev.varve.store.CommitContext;
import java.util.Map;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorNode;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * Calls a processor before each commit, so that what it buffers leaves in the same transaction as
 * the offsets of what it read. It is a state store without state: flushing its cache is the last
 * thing Kafka Streams does with a task before it flushes the producer and commits.
 *
 * <p>Punctuating and asking for a commit would not do: a commit can come in between.
 *
 * <p><b>Threads:</b> the stream thread of the task.
 */
final class CommitHook implements StateStore, CachedStateStore<Object, Object> {
  private final String name;
  private boolean open;
  private @Nullable InternalProcessorContext<?, ?> context;
  private @Nullable ProcessorNode<?, ?, ?, ?> node;
  private @Nullable Runnable action;

  private CommitHook(String name) {
    this.name = name;
  }

  /** Call in {@code Processor.init}: the action may forward as the processor itself may. */
  void beforeCommit(ProcessorContext<?, ?> processor, Runnable toDo) {
    InternalProcessorContext<?, ?> internal = (InternalProcessorContext<?, ?>) processor;
    context = internal;
    node = internal.currentNode();
    action = toDo;
  }

  @Override
  public void flushCache() {
    InternalProcessorContext<?, ?> owner = context;
    Runnable toDo = action;
    if (owner == null || toDo == null) {
      return;
    }
    ProcessorNode<?, ?, ?, ?> nodeBefore = owner.currentNode();
    owner.setCurrentNode(node);
    try {
      CommitContext.run(owner, toDo);
    } finally {
      owner.setCurrentNode(nodeBefore);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void init(StateStoreContext stateStoreContext, StateStore root) {
    stateStoreContext.register(root, (key, value) -> {});
    open = true;
  }

  @Override
  public void close() {
    open = false;
    action = null;
  }

  @Override
  public boolean persistent() {
    return false;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void clearCache() {
    // There is nothing to forget.
  }

  @Override
  public boolean setFlushListener(
      CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
    return false;
  }

  /** Builds a hook of this name. */
  static final class Builder implements StoreBuilder<CommitHook> {
    private final String name;

    Builder(String name) {
      this.name = name;
    }

    @Override
    public CommitHook build() {
      return new CommitHook(name);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public boolean loggingEnabled() {
      return false;
    }

    @Override
    public Map<String, String> logConfig() {
      return Map.of();
    }

    @Override
    public StoreBuilder<CommitHook> withCachingEnabled() {
      return this;
    }

    @Override
    public StoreBuilder<CommitHook> withCachingDisabled() {
      return this;
    }

    @Override
    public StoreBuilder<CommitHook> withLoggingEnabled(Map<String, String> config) {
      return this;
    }

    @Override
    public StoreBuilder<CommitHook> withLoggingDisabled() {
      return this;
    }
  }
}
