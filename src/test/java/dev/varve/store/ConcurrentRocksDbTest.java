package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.testing.Cases;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads below Kafka Streams' own RocksDB store; written to through it. */
class ConcurrentRocksDbTest {
  private static final int MOST_KEYS = 2_000;
  private static final int READERS = 2;
  private static final long PAUSE_NS = 100_000;
  private static final TaskId TASK = new TaskId(0, 0);

  @TempDir private Path folder;

  private final ConcurrentRocksDb store = new ConcurrentRocksDb("rows");

  private @Nullable StateStoreContext context;

  @BeforeEach
  void open() {
    if (context == null) {
      var task = new MockProcessorContext<Void, Void>(settings(), TASK, folder.toFile());
      context = task.getStateStoreContext();
    }
    store.init(context, store);
  }

  private static Properties settings() {
    var properties = new Properties();
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksDbOptions.class);
    properties.put(RocksDbOptions.BLOCK_CACHE_BYTES, "1048576");
    properties.put(RocksDbOptions.WRITE_BUFFER_BYTES, "65536");
    return properties;
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] key(int i) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(i).array();
  }

  private static byte[][] keys(int n) {
    byte[][] keys = new byte[n][];
    for (int i = 0; i < n; i++) {
      keys[i] = key(i);
    }
    return keys;
  }

  private void put(int key, byte[] value) {
    store.putAll(List.of(KeyValue.pair(Bytes.wrap(key(key)), value)));
  }

  @Test
  void aBatchHasWhatWasPutLastUnderEachOfItsKeysAndNullWhereNothingWas() {
    Map<Integer, byte[]> model = new HashMap<>();
    Cases.forAll(
        60,
        random -> {
          List<KeyValue<Bytes, byte[]>> pairs = new ArrayList<>();
          for (int i = random.nextInt(300); i > 0; i--) {
            int key = random.nextInt(MOST_KEYS);
            byte[] value = new byte[random.nextInt(400)];
            random.nextBytes(value);
            pairs.add(KeyValue.pair(Bytes.wrap(key(key)), value));
            model.put(key, value);
          }
          store.putAll(pairs);

          byte[][] keys = new byte[random.nextInt(1, 200)][];
          int[] numbers = new int[keys.length];
          for (int i = 0; i < keys.length; i++) {
            numbers[i] = random.nextInt(MOST_KEYS);
            keys[i] = key(numbers[i]);
          }
          byte[][] values = new byte[keys.length][];
          store.read(keys, keys.length, values);
          for (int i = 0; i < keys.length; i++) {
            assertThat(values[i]).isEqualTo(model.get(numbers[i]));
            assertThat(store.read(keys[i])).isEqualTo(model.get(numbers[i]));
          }
        });
  }

  @Test
  void onlyTheFirstKeysAreRead() {
    put(0, new byte[] {1});
    put(1, new byte[] {2});
    byte[] untouched = {9};
    byte[][] values = {untouched, untouched};

    store.read(keys(2), 0, values);
    assertThat(values).isDeepEqualTo(new byte[][] {untouched, untouched});

    store.read(keys(2), 1, values);
    assertThat(values).isDeepEqualTo(new byte[][] {{1}, untouched});
  }

  @Test
  void aReaderDoesNotWaitForTheStreamThread() throws Exception {
    put(0, new byte[] {1});
    byte[][] values = new byte[1][];
    try (ExecutorService reader = Executors.newSingleThreadExecutor()) {
      synchronized (store) {
        reader.submit(() -> store.read(keys(1), 1, values)).get(1, TimeUnit.MINUTES);
        reader.submit(() -> store.read(key(0))).get(1, TimeUnit.MINUTES);
      }
    }
    assertThat(values[0]).containsExactly(1);
  }

  /** What a read that outlives its database does is end the process. */
  @Test
  void readersMayReadWhileTheStoreIsClosedAndOpened() throws Exception {
    var done = new AtomicBoolean();
    var read = new AtomicInteger();
    var refused = new AtomicInteger();
    for (int i = 0; i < MOST_KEYS; i++) {
      put(i, new byte[160]);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        readers.add(threads.submit(() -> readUntil(done, read, refused)));
      }
      try {
        for (int i = 0; i < 5; i++) {
          int before = read.get();
          while (read.get() == before && readers.stream().noneMatch(Future::isDone)) {
            LockSupport.parkNanos(PAUSE_NS);
          }
          store.close();
          open();
        }
      } finally {
        done.set(true);
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
    assertThat(refused).hasPositiveValue();
  }

  private void readUntil(AtomicBoolean done, AtomicInteger read, AtomicInteger refused) {
    byte[][] keys = longBatch();
    byte[][] values = new byte[keys.length][];
    while (!done.get()) {
      try {
        store.read(keys, keys.length, values);
        assertThat(Arrays.asList(values)).allMatch(value -> value != null && value.length == 160);
        read.incrementAndGet();
      } catch (InvalidStateStoreException e) {
        refused.incrementAndGet();
        LockSupport.parkNanos(PAUSE_NS);
      }
    }
  }

  /** So long that a database which does not wait for its reader is gone before the reader ends. */
  private static byte[][] longBatch() {
    byte[][] some = keys(MOST_KEYS);
    byte[][] keys = new byte[40 * MOST_KEYS][];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = some[i % some.length];
    }
    return keys;
  }

  @Test
  void aClosedStoreSaysSo() {
    store.close();

    assertThatThrownBy(() -> store.read(keys(1), 1, new byte[1][]))
        .isInstanceOf(InvalidStateStoreException.class)
        .hasMessage("store rows: not open");
    assertThatThrownBy(() -> store.read(key(0))).isInstanceOf(InvalidStateStoreException.class);
  }

  @Test
  void theOffsetOfTheChangelogIsKeptWithTheRowsAsKafkaStreamsKeepsIt() {
    var changelog = new TopicPartition("changelog", 0);
    put(0, new byte[] {1});
    store.commit(Map.of(changelog, 7L));
    store.close();

    open();

    assertThat(store.managesOffsets()).isTrue();
    assertThat(store.committedOffset(changelog)).isEqualTo(7);
    assertThat(store.read(key(0))).containsExactly(1);
  }

  @Test
  void itSaysWhatItUses() {
    RocksDbUse empty = store.use();
    assertThat(empty.fileBytes()).isZero();

    put(0, new byte[20_000]);
    assertThat(store.use().memtableBytes()).isGreaterThan(empty.memtableBytes() + 20_000);

    store.close();
    open();
    assertThat(store.read(key(0))).hasSize(20_000);
    RocksDbUse full = store.use();
    assertThat(full.fileBytes()).isGreaterThan(20_000);
    assertThat(full.memtableBytes()).isLessThan(20_000);
    assertThat(full.blockCacheBytes()).isPositive();
    // One for the process: the first store that was opened says how large.
    assertThat(full.blockCacheCapacity()).isPositive();
  }
}
