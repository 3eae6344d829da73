package dev.varve.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.broker.Topics;
import dev.varve.learn.Gradient;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import dev.varve.topology.Applications;
import dev.varve.topology.StreamsSettings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * What one would write without an embedding store: a processor over a persistent key-value store of
 * Kafka Streams with cache and changelog, which reads, steps and puts each row. All settings are
 * those of the store that it is compared with, the cache as large as that one's memory for rows.
 *
 * <p><b>Threads:</b> one starts and stops; {@link #occurrences} any.
 */
final class PlainApplication implements AutoCloseable {
  static final String ID = "varve-plain";

  private static final String STORE = "rows";
  private static final Duration LONGEST_STOP = Duration.ofSeconds(30);

  private final KafkaStreams streams;
  private final AtomicLong occurrences = new AtomicLong();

  PlainApplication(Applications.Config config, String bootstrap, Path stateFolder) {
    Properties properties =
        StreamsSettings.of(
            ID,
            bootstrap,
            config.kafka(),
            config.store(),
            stateFolder,
            config.store().threads(),
            config.store().commitInterval());
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, config.store().cache().count());
    streams = new KafkaStreams(topology(config), properties);
  }

  private Topology topology(Applications.Config config) {
    String updates = new Topics(config.kafka()).updates();
    var decay = new Popularity(config.store().popularityHalfLife().toMillis());
    var bytes = new ByteArrayDeserializer();
    return new Topology()
        .addSource("updates", bytes, bytes, updates)
        .addProcessor("table", () -> new Table(decay), "updates")
        .addStateStore(
            Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore(STORE), Serdes.Bytes(), Serdes.ByteArray())
                .withCachingEnabled()
                .withLoggingEnabled(Map.of()),
            "table");
  }

  void start() {
    streams.start();
  }

  /** Occurrences of all updates that were applied. */
  long occurrences() {
    return occurrences.get();
  }

  @Override
  public void close() {
    streams.close(LONGEST_STOP);
  }

  /** Value: popularity, its event time, state. */
  private final class Table extends ContextualProcessor<byte[], byte[], Void, Void> {
    private static final int WIDTH = Settings.DIMENSION;
    private static final int FLOATS = Population.ENCODING.stateLength(WIDTH);
    private static final int STATE = Double.BYTES + Long.BYTES;

    private final Popularity decay;
    private final float[] state = new float[FLOATS];
    private float[] gradients = new float[0];
    private @Nullable KeyValueStore<Bytes, byte[]> rows;

    Table(Popularity decay) {
      this.decay = decay;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      super.init(context);
      rows = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      try {
        UpdateBatch batch = UpdateBatch.parseFrom(record.value());
        batch.getTablesList().forEach(update -> apply(update, batch.getEventTimeMs()));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("update batch: unreadable (expected: what was sent)", e);
      }
    }

    private void apply(TableUpdate update, long batchMs) {
      FloatBuffer floats =
          update
              .getGradients()
              .asReadOnlyByteBuffer()
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer();
      if (gradients.length < floats.remaining()) {
        gradients = new float[floats.remaining()];
      }
      floats.get(gradients, 0, floats.remaining());
      long total = 0;
      for (int i = 0; i < update.getKeysCount(); i++) {
        long atMs = batchMs + update.getEventTimeOffsetsMs(i);
        step(update.getKeys(i), update.getOccurrences(i), atMs, i * Gradient.length(WIDTH));
        total += update.getOccurrences(i);
      }
      occurrences.addAndGet(total);
    }

    private void step(long category, int count, long atMs, int gradient) {
      KeyValueStore<Bytes, byte[]> store = rows;
      if (store == null) {
        throw new IllegalStateException("processor: used before it was initialized");
      }
      Bytes key = Bytes.wrap(ByteBuffer.allocate(10).putShort((short) 0).putLong(category).array());
      byte[] before = store.get(key);
      double popularity = count;
      long timeMs = atMs;
      if (before == null) {
        Population.state(category, WIDTH, state);
      } else {
        ByteBuffer value = ByteBuffer.wrap(before).order(ByteOrder.LITTLE_ENDIAN);
        popularity = decay.added(value.getDouble(0), value.getLong(8), count, atMs);
        timeMs = Math.max(timeMs, value.getLong(8));
        value.position(STATE).asFloatBuffer().get(state);
      }
      step(gradient);
      ByteBuffer after =
          ByteBuffer.allocate(STATE + Float.BYTES * FLOATS).order(ByteOrder.LITTLE_ENDIAN);
      after.putDouble(popularity).putLong(timeMs).asFloatBuffer().put(state);
      store.put(key, after.array());
    }

    /** Rowwise AdaGrad, as the store does it, in plain Java. */
    private void step(int from) {
      int sums = 1 + WIDTH;
      state[sums] += gradients[from + 1 + WIDTH];
      state[0] -= 0.1f * cut(gradients[from] / (float) Math.sqrt(state[sums] + 0.1f));
      state[sums + 1] += gradients[from + 2 + WIDTH] / WIDTH;
      float perRoot = 1 / (float) Math.sqrt(state[sums + 1] + 0.1f);
      for (int i = 1; i <= WIDTH; i++) {
        state[i] -= 0.04f * cut(perRoot * gradients[from + i]);
      }
    }

    private static float cut(float direction) {
      return Math.clamp(direction, -1, 1);
    }
  }
}
