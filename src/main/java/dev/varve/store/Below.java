package dev.varve.store;

import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * The ordered bytes below a shard: RocksDB and its changelog.
 *
 * <p><b>Threads:</b> {@code get} any, also while pairs are put; all else the shard's writer.
 *
 * <p><b>Errors:</b> once the store is closed, {@code InvalidStateStoreException}.
 */
interface Below {
  /**
   * Reads the values of the first {@code n} keys.
   *
   * @param values for the value of each key, null where it has none
   */
  void get(byte[][] keys, int n, byte[] @Nullable [] values);

  byte @Nullable [] get(byte[] key);

  /**
   * Puts all pairs in one write, and takes away those whose value is null; what is put before a
   * commit is in the changelog with it.
   */
  void putAll(List<KeyValue<Bytes, byte[]>> pairs);

  /** All pairs with {@code from <= key <= to}, keys compared as unsigned bytes. */
  void scan(byte[] from, byte[] to, Visitor visitor);

  /**
   * The first pairs of those.
   *
   * @param most pairs, at least 1
   * @return the key that the next pair may have, at least; null when there are no more
   */
  byte @Nullable [] scan(byte[] from, byte[] to, int most, Visitor visitor);

  /** Receives a pair. */
  @FunctionalInterface
  interface Visitor {
    void pair(byte[] key, byte[] value);
  }
}
