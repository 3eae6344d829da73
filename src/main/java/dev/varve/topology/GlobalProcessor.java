package dev.varve.topology;

import com.google.protobuf.Parser;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Hands each version on a compacted topic to this process. The global store behind it is in memory:
 * a persistent one does not survive a crash under exactly-once (KAFKA-21034).
 *
 * @param <T> the message of a version
 */
final class GlobalProcessor<T> extends ContextualProcessor<byte[], byte[], Void, Void> {
  /** All versions have this key, so compaction keeps the newest. */
  static final byte[] KEY = "newest".getBytes(StandardCharsets.UTF_8);

  private final String storeName;
  private final Parser<T> parser;
  private final Consumer<T> newest;
  private @Nullable KeyValueStore<byte[], byte[]> store;

  GlobalProcessor(String storeName, Parser<T> parser, Consumer<T> newest) {
    this.storeName = storeName;
    this.parser = parser;
    this.newest = newest;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    super.init(context);
    store = context.getStateStore(storeName);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (record.value() != null) {
      newest.accept(Messages.own(parser, record.value()));
      Initialized.require(store).put(KEY, record.value());
    }
  }
}
