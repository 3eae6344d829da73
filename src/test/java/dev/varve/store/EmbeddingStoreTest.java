package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.Census;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.ClosedRowsException;
import dev.varve.table.Popularity;
import dev.varve.table.RowFormat;
import dev.varve.testing.StreamsDriver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store in Kafka Streams, over the real RocksDB and with its changelog. */
class EmbeddingStoreTest {
  private static final int DIMENSION = 2;
  private static final int READERS = 2;
  private static final String UPDATES = "updates";
  private static final String CHANGELOG = "test-embeddings-changelog";
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final float[] GRADIENT = Batches.gradient(DIMENSION, 0.5f);
  private static final EmbeddingStore.Settings SETTINGS =
      new EmbeddingStore.Settings(
          DIMENSION,
          new Adagrad(OptimizerConfig.defaults(), 5),
          new Popularity(60_000),
          1 << 20,
          1 << 16);

  @TempDir private Path folder;

  /** Applies each batch twice: when it comes, and once more when time has passed. */
  private static final class Twice extends ContextualProcessor<byte[], byte[], Void, Void> {
    private @Nullable EmbeddingStore store;
    private @Nullable UpdateBatch again;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      super.init(context);
      EmbeddingStore rows = context.getStateStore(EmbeddingStoreBuilder.NAME);
      rows.open();
      store = rows;
      var _ =
          context.schedule(
              PERIOD,
              PunctuationType.WALL_CLOCK_TIME,
              _ -> {
                if (again != null) {
                  rows.apply(again);
                  again = null;
                }
              });
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      try {
        again = UpdateBatch.parseFrom(record.value());
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
      if (store != null) {
        store.apply(again);
      }
    }
  }

  private static StreamsDriver open(Path folder) {
    var topology = new Topology();
    topology.addSource(UPDATES, new ByteArrayDeserializer(), new ByteArrayDeserializer(), UPDATES);
    topology.addProcessor("twice", Twice::new, UPDATES);
    topology.addStateStore(new EmbeddingStoreBuilder(SETTINGS), "twice");
    return new StreamsDriver(topology, properties(), folder);
  }

  private static Properties properties() {
    var p = new Properties();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksDbOptions.class);
    p.put(RocksDbOptions.BLOCK_CACHE_BYTES, "1048576");
    p.put(RocksDbOptions.WRITE_BUFFER_BYTES, "1048576");
    return p;
  }

  private static EmbeddingStore store(StreamsDriver driver) {
    return driver.store(EmbeddingStoreBuilder.NAME, EmbeddingStore.class);
  }

  private static List<byte[]> rowKeys(StreamsDriver driver) {
    return driver.read(CHANGELOG).stream()
        .map(record -> record.key())
        .filter(key -> key.length == RowFormat.KEY_BYTES)
        .toList();
  }

  @Test
  void eachChangedRowIsInTheChangelogOncePerCommit() {
    try (StreamsDriver driver = open(folder)) {
      driver.send(
          UPDATES,
          Batches.batch(Batches.table("user", GRADIENT, 1, 2), Batches.table("user", GRADIENT, 1))
              .build());
      assertThat(rowKeys(driver)).containsExactly(RowFormat.key(0, 1), RowFormat.key(0, 2));

      driver.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 2)).build());
      assertThat(rowKeys(driver)).containsExactly(RowFormat.key(0, 2));
    }
  }

  @Test
  void rowsChangedByAPunctuationAreInTheChangelogToo() {
    try (StreamsDriver driver = open(folder)) {
      driver.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 1)).build());
      assertThat(rowKeys(driver)).hasSize(1);

      driver.pass(PERIOD);

      assertThat(rowKeys(driver)).containsExactly(RowFormat.key(0, 1));
      assertThat(store(driver).shard().summary().examples()).isEqualTo(2);
    }
  }

  @Test
  void theChangelogHasTheTimeOfTheCommitAndNothingOfTheRecord() {
    try (StreamsDriver driver = open(folder)) {
      driver.pass(PERIOD);
      byte[] batch = Batches.batch(Batches.table("user", GRADIENT, 1)).build().toByteArray();

      driver.send(UPDATES, batch, new RecordHeaders().add("varve.source", new byte[] {1}));

      assertThat(driver.read(CHANGELOG))
          .isNotEmpty()
          .allSatisfy(
              change -> {
                assertThat(change.getRecordTime()).isEqualTo(StreamsDriver.START.plus(PERIOD));
                assertThat(change.headers()).isEmpty();
              });
    }
  }

  @Test
  void nothingIsLostWhenTheStoreIsClosedAndOpenedAgain(@TempDir Path kept) {
    StreamsDriver first = open(folder);
    first.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 1, 2)).build());
    first.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 2)).build());
    ShardSummary summary = store(first).shard().summary();
    Census census = store(first).census();
    float[] row = Reads.state(store(first).shard(), "user", 2);
    first.stop(kept);

    try (StreamsDriver again = open(kept)) {
      assertThat(store(again).census()).isEqualTo(census);
      assertThat(store(again).shard().summary().applied()).isEqualTo(summary.applied());
      assertThat(store(again).shard().summary().tables()).isEqualTo(summary.tables());
      assertThat(Reads.state(store(again).shard(), "user", 2)).isNotNull().isEqualTo(row);

      again.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 2)).build());
      assertThat(store(again).shard().summary().examples()).isEqualTo(3);
    }
  }

  @Test
  void aStoreThatIsNotOpenSaysSo() {
    EmbeddingStore store = new EmbeddingStoreBuilder(SETTINGS).build();

    assertThatThrownBy(store::shard)
        .isInstanceOf(InvalidStateStoreException.class)
        .hasMessage("store embeddings: not open");
    assertThatThrownBy(store::census).isInstanceOf(InvalidStateStoreException.class);
    assertThatThrownBy(() -> store.apply(Batches.batch().build()))
        .isInstanceOf(InvalidStateStoreException.class);
    assertThatThrownBy(store::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("store embeddings: opened before it was initialized");
  }

  @Test
  void openingItAgainChangesNothing() {
    try (StreamsDriver driver = open(folder)) {
      driver.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 1)).build());
      Shard shard = store(driver).shard();

      store(driver).open();

      assertThat(store(driver).shard()).isSameAs(shard);
    }
  }

  /** What Kafka Streams does to a store that becomes a standby: the changelog writes it now. */
  @Test
  void aStoreWhoseCacheWasClearedIsReadAnewWhenItIsOpened() {
    try (StreamsDriver driver = open(folder)) {
      driver.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 1)).build());
      EmbeddingStore store = store(driver);
      float[] row = Reads.state(store.shard(), "user", 1);
      store.clearCache();
      assertThatThrownBy(store::shard).isInstanceOf(InvalidStateStoreException.class);
      store.flushCache();

      store.open();

      assertThat(Reads.state(store.shard(), "user", 1)).isNotNull().isEqualTo(row);
      assertThat(store.shard().summary().examples()).isEqualTo(1);
    }
  }

  @Test
  void aStoreMayBeClosedTwiceAndIsNotOpenThen() {
    StreamsDriver driver = open(folder);
    EmbeddingStore store = store(driver);
    driver.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    driver.close();

    store.close();

    assertThat(store.isOpen()).isFalse();
    assertThatThrownBy(store::shard)
        .isInstanceOf(InvalidStateStoreException.class)
        .hasMessage("store embeddings: not open");
  }

  /** What a read that outlives memory or database does is end the process. */
  @Test
  void readersOfAStoreThatClosesAreToldAndNothingElseHappens() throws Exception {
    var begun = new CountDownLatch(READERS);
    try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> readers = new ArrayList<>();
      try (StreamsDriver driver = open(folder)) {
        driver.send(UPDATES, Batches.batch(Batches.table("user", GRADIENT, 1, 2)).build());
        EmbeddingStore store = store(driver);
        // So that what is read is below, too.
        store.clearCache();
        store.open();
        for (int i = 0; i < READERS; i++) {
          readers.add(threads.submit(() -> readForEver(store, begun)));
        }
        begun.await();
      }
      for (Future<?> reader : readers) {
        assertThatThrownBy(reader::get)
            .cause()
            .isInstanceOfAny(InvalidStateStoreException.class, ClosedRowsException.class);
      }
    }
  }

  private static void readForEver(EmbeddingStore store, CountDownLatch begun) {
    while (true) {
      assertThat(Reads.state(store.shard(), "user", 1)).isNotNull();
      assertThat(Reads.state(store.shard(), "user", 3)).isNull();
      begun.countDown();
    }
  }
}
