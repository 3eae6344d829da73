package dev.varve.store;

import dev.varve.table.RowMemory;
import java.util.SortedMap;

/**
 * Read-only view of the shards.
 *
 * <p><b>Threads:</b> any; reads neither block learning nor wait for it.
 *
 * <p><b>Errors:</b> every method but {@link #ready}, {@link #mayWait} and {@link #dimension} throws
 * {@link ShardUnavailableException} while a shard it needs is starting, moving or restoring.
 */
public interface Embeddings {
  /** Whether every shard can be read now. */
  boolean ready();

  /**
   * Whether a lookup may wait for another process: then it is not to be made on a thread that
   * others wait for, such as an event loop.
   */
  boolean mayWait();

  /** Width D of every vector. */
  int dimension();

  /** The layout that the rows follow; 0 before the first. */
  long layoutVersion();

  /** Largest event time learned, milliseconds since 1970-01-01 UTC; 0 before the first. */
  long watermarkMs();

  /** Examples learned, each exactly once. */
  long examples();

  /**
   * Gradients that were out of bounds and not learned from, since the shards were opened: not a
   * number, or too large.
   */
  long refusedGradients();

  /** What the rows that this process owns take in memory. */
  RowMemory memory();

  /**
   * What RocksDB uses for the shards that this process owns; nothing of it stops their being read.
   */
  RocksDbUse rocksDbUse();

  /** The tables by name. */
  SortedMap<String, TableSummary> tables();

  /**
   * Looks up the vectors of a batch of categories. A category without a row that no tail serves, or
   * of a table that does not exist, has the zero vector and the status {@link
   * LookupStatus#UNKNOWN}.
   *
   * @param keys the categories ({@code dev.varve.event.Category})
   * @param mostLagMs how far behind its owner a copy may be that is read while the owner is not to
   *     be reached, milliseconds of event time; 0 for the owners alone
   * @param to receives what was found; of keys.length and {@link #dimension}
   */
  void lookup(String table, long[] keys, long mostLagMs, Vectors to);
}
