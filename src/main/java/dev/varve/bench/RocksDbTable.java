package dev.varve.bench;

import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.EnvOptions;
import org.rocksdb.IngestExternalFileOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SstFileWriter;

/**
 * Rows in RocksDB as favourably as they can be: written in order, compacted to one level, a Bloom
 * filter, no compression, and a block cache that has room for all and holds all.
 *
 * <p><b>Threads:</b> one.
 */
final class RocksDbTable implements AutoCloseable {
  private static final long FILE_BYTES = 64 << 20;
  private static final int BLOOM_BITS = 10;

  private final List<AutoCloseable> natives = new ArrayList<>();
  private final Options options = own(new Options());
  private final RocksDB db;

  private RocksDbTable(Path folder, long cacheBytes) throws RocksDBException {
    var table = new BlockBasedTableConfig();
    table.setBlockCache(own(new LRUCache(cacheBytes)));
    table.setCacheIndexAndFilterBlocks(true);
    table.setPinL0FilterAndIndexBlocksInCache(true);
    table.setFilterPolicy(own(new BloomFilter(BLOOM_BITS)));
    options.setCreateIfMissing(true).setTableFormatConfig(table);
    db = own(RocksDB.open(options, folder.resolve("db").toString()));
  }

  private <T extends AutoCloseable> T own(T part) {
    natives.add(part);
    return part;
  }

  /**
   * Puts all rows of a memory into a new RocksDB.
   *
   * @param keys of the rows, in any order; sorted afterwards
   * @throws IllegalStateException when RocksDB refuses
   */
  static RocksDbTable of(ResidentRows rows, long[] keys, Path folder) throws IOException {
    RocksDbTable table = null;
    try {
      Files.createDirectories(folder);
      table = new RocksDbTable(folder, 3 * rows.memory().bytes());
      table.ingest(rows, keys, folder);
      return table;
    } catch (RocksDBException e) {
      if (table != null) {
        table.close();
      }
      throw new IllegalStateException(
          "rocksdb: cannot be written (expected: room in " + folder + ")", e);
    }
  }

  private void ingest(ResidentRows rows, long[] keys, Path folder) throws RocksDBException {
    // RocksDB compares bytes without sign.
    for (int i = 0; i < keys.length; i++) {
      keys[i] ^= Long.MIN_VALUE;
    }
    Arrays.sort(keys);
    List<String> files = new ArrayList<>();
    for (int at = 0; at < keys.length; ) {
      String file = folder.resolve(files.size() + ".sst").toString();
      files.add(file);
      at = write(rows, keys, at, file);
    }
    try (var ingest = new IngestExternalFileOptions().setMoveFiles(true)) {
      db.ingestExternalFile(files, ingest);
    }
  }

  private int write(ResidentRows rows, long[] keys, int from, String file) throws RocksDBException {
    int at = from;
    try (var env = new EnvOptions();
        var writer = new SstFileWriter(env, options)) {
      writer.open(file);
      for (long bytes = 0; at < keys.length && bytes < FILE_BYTES; at++) {
        keys[at] ^= Long.MIN_VALUE;
        byte[] value = RowFormat.encode(rows, rows.find(Population.TABLE, keys[at]));
        writer.put(RowFormat.key(Population.TABLE, keys[at]), value);
        bytes += RowFormat.KEY_BYTES + value.length;
      }
      writer.finish();
    }
    return at;
  }

  /** Reads everything once, so that it is in the cache. */
  void warm() {
    try (RocksIterator all = db.newIterator()) {
      for (all.seekToFirst(); all.isValid(); all.next()) {
        all.value();
      }
    }
  }

  /** Bytes of the files. */
  long fileBytes() {
    try {
      return db.getLongProperty("rocksdb.total-sst-files-size");
    } catch (RocksDBException e) {
      throw new IllegalStateException("rocksdb: size unknown (expected: an open store)", e);
    }
  }

  RocksDB db() {
    return db;
  }

  @Override
  public void close() {
    for (AutoCloseable part : natives.reversed()) {
      try {
        part.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
