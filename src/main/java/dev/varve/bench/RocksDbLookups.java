package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.table.RowFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.ByteBufferGetStatus;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** Lookups of vectors in RocksDB, through direct buffers. */
final class RocksDbLookups implements AutoCloseable {
  private static final int WIDTH = Settings.DIMENSION;

  /** Behind the value's header and the linear weight. */
  private static final int VECTOR_AT =
      RowFormat.valueBytes(Population.ENCODING, WIDTH)
          - Float.BYTES * (Population.ENCODING.stateLength(WIDTH) - 1);

  private final RocksDB db;
  private final Draws draws;
  private final int batch;
  private final ReadOptions options = new ReadOptions();
  private final long[] keys;
  private final List<ByteBuffer> keyBuffers = new ArrayList<>();
  private final List<ByteBuffer> valueBuffers = new ArrayList<>();
  private final float[] vectors;

  RocksDbLookups(RocksDB db, Draws draws, int batch) {
    this.db = db;
    this.draws = draws;
    this.batch = batch;
    this.keys = new long[batch];
    this.vectors = new float[batch * WIDTH];
    int valueBytes = RowFormat.valueBytes(Population.ENCODING, WIDTH);
    for (int i = 0; i < batch; i++) {
      keyBuffers.add(ByteBuffer.allocateDirect(RowFormat.KEY_BYTES));
      valueBuffers.add(ByteBuffer.allocateDirect(valueBytes).order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  private void nextKeys() {
    draws.next(keys, batch);
    for (int i = 0; i < batch; i++) {
      ByteBuffer key = keyBuffers.get(i);
      key.clear();
      key.putShort((short) Population.TABLE).putLong(keys[i]).flip();
      valueBuffers.get(i).clear();
    }
  }

  /** Key by key. */
  int get() {
    nextKeys();
    try {
      for (int i = 0; i < batch; i++) {
        int bytes = db.get(options, keyBuffers.get(i), valueBuffers.get(i));
        if (bytes == RocksDB.NOT_FOUND) {
          throw missing(keys[i]);
        }
        take(i);
      }
    } catch (RocksDBException e) {
      throw new IllegalStateException("rocksdb: cannot be read", e);
    }
    return batch;
  }

  /** All keys in one call. */
  int multiGet() {
    nextKeys();
    try {
      List<ByteBufferGetStatus> found = db.multiGetByteBuffers(options, keyBuffers, valueBuffers);
      for (int i = 0; i < batch; i++) {
        if (found.get(i).status.getCode() != Status.Code.Ok) {
          throw missing(keys[i]);
        }
        take(i);
      }
    } catch (RocksDBException e) {
      throw new IllegalStateException("rocksdb: cannot be read", e);
    }
    return batch;
  }

  private void take(int i) {
    ByteBuffer value = valueBuffers.get(i);
    for (int j = 0; j < WIDTH; j++) {
      vectors[i * WIDTH + j] = value.getFloat(VECTOR_AT + j * Float.BYTES);
    }
  }

  private static IllegalStateException missing(long key) {
    return new IllegalStateException(Check.message("rocksdb: key", key, "a row"));
  }

  /** Fails unless the last batch's vectors are those of its keys. */
  void check() {
    for (int i = 0; i < batch; i++) {
      for (int j = 0; j < WIDTH; j++) {
        if (vectors[i * WIDTH + j] != Population.value(keys[i], 1 + j)) {
          throw new IllegalStateException(
              Check.message("rocksdb: vector of key " + keys[i], vectors[i * WIDTH], "its row's"));
        }
      }
    }
  }

  @Override
  public void close() {
    options.close();
  }
}
