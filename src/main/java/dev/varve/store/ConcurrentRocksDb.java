package dev.varve.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.StampedLock;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.internals.RocksDBStore;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Kafka Streams' own RocksDB store, with reads that wait for nothing: its own {@code get} is
 * synchronized with every write and reads one key.
 *
 * <p><b>Threads:</b> {@link #read} and {@link #use} any, also while the store is opened or closed;
 * all else as Kafka Streams calls it.
 *
 * <p>Two things are assumed of {@code RocksDBStore}, and held by a test: that its field {@code db}
 * is the open database (nothing public leads there), and that pairs are in the default column
 * family.
 */
final class ConcurrentRocksDb extends RocksDBStore {
  /** What Kafka Streams files the metrics of its own store under. */
  static final String METRICS_SCOPE = "rocksdb";

  private static final VarHandle DB = field("db", RocksDB.class);

  /** Shared by those who read, exclusive to who closes: a native handle must outlive its reads. */
  private final StampedLock reads = new StampedLock();

  private volatile @Nullable RocksDB readable;

  ConcurrentRocksDb(String name) {
    super(name, METRICS_SCOPE);
  }

  private static VarHandle field(String name, Class<?> type) {
    try {
      return MethodHandles.privateLookupIn(RocksDBStore.class, MethodHandles.lookup())
          .findVarHandle(RocksDBStore.class, name, type);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("RocksDBStore: no field " + name + " in this Kafka Streams", e);
    }
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    super.init(context, root);
    readable = (RocksDB) DB.get(this);
  }

  /** The values of the first {@code n} keys, null where there is none. */
  void read(byte[][] keys, int n, byte[] @Nullable [] values) {
    if (n == 0) {
      return;
    }
    List<byte[]> found = reading(db -> db.multiGetAsList(Arrays.asList(keys).subList(0, n)));
    for (int i = 0; i < n; i++) {
      values[i] = found.get(i);
    }
  }

  byte @Nullable [] read(byte[] key) {
    return reading(db -> db.get(key));
  }

  RocksDbUse use() {
    return reading(
        db ->
            new RocksDbUse(
                db.getLongProperty("rocksdb.live-sst-files-size"),
                db.getLongProperty("rocksdb.size-all-mem-tables"),
                db.getLongProperty("rocksdb.estimate-table-readers-mem"),
                db.getLongProperty("rocksdb.block-cache-usage"),
                db.getLongProperty("rocksdb.block-cache-capacity")));
  }

  /** What is done with the open database. */
  @FunctionalInterface
  private interface Reading<T extends @Nullable Object> {
    T of(RocksDB db) throws RocksDBException;
  }

  private <T extends @Nullable Object> T reading(Reading<T> action) {
    // Never waits: only closing holds the lock alone.
    long stamp = reads.tryReadLock();
    if (stamp == 0) {
      throw closed();
    }
    try {
      RocksDB db = readable;
      if (db == null) {
        throw closed();
      }
      return action.of(db);
    } catch (RocksDBException e) {
      throw new ProcessorStateException("store " + name() + ": cannot be read", e);
    } finally {
      reads.unlockRead(stamp);
    }
  }

  private InvalidStateStoreException closed() {
    return new InvalidStateStoreException("store " + name() + ": not open");
  }

  @Override
  public synchronized void close() {
    // First, so that no reader comes while those inside are waited for.
    readable = null;
    long stamp = reads.writeLock();
    try {
      super.close();
    } finally {
      reads.unlockWrite(stamp);
    }
  }
}
