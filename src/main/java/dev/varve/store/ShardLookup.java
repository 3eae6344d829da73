package dev.varve.store;

import dev.varve.table.Basis;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import dev.varve.table.RowKeys;
import dev.varve.table.RowReader;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads of shards: from memory what is there, from RocksDB the rest in one read a chunk. Nothing
 * that is read from RocksDB is kept: only the writer brings rows into memory.
 *
 * <p>To read vectors allocates nothing while all rows are in memory.
 *
 * <p><b>Threads:</b> one at a time; make one for each thread.
 */
final class ShardLookup {
  private final RowReader reader = new RowReader();
  private final byte[][] missingKeys = new byte[ResidentRows.CHUNK][];
  private final byte[] @Nullable [] values = new byte[ResidentRows.CHUNK][];
  private final int[] missing = new int[ResidentRows.CHUNK];
  private int[] tables = new int[ResidentRows.CHUNK];
  private final SharedReads sharedReads = new SharedReads(reader);
  private float[] composed = {};

  /** long[n][2]: popularity and its time, packed. */
  private long[] counted = {};

  /**
   * Reads vectors of one table.
   *
   * @param out receives the vectors, of D floats each; zeros where there is no row
   * @param places the row of {@code out} that each vector goes to, from {@code from} on
   * @param dimensions receives the dimensions from {@code from} on
   * @param statuses receives the codes of {@link LookupStatus} from {@code from} on
   * @param timesMs receives event times from {@code from} on, as in {@link Vectors#timesMs}; null
   *     where nobody asks
   */
  void vectors(
      Shard shard,
      String table,
      long[] keys,
      int from,
      int n,
      Basis basis,
      float[] out,
      int[] places,
      int[] dimensions,
      byte[] statuses,
      long @Nullable [] timesMs) {
    int id = shard.tableId(table);
    int width = basis.width();
    if (id < 0) {
      Arrays.fill(dimensions, from, from + n, ResidentRows.ABSENT);
      for (int i = from; i < from + n; i++) {
        Arrays.fill(out, places[i] * width, (places[i] + 1) * width, 0);
      }
      Arrays.fill(statuses, from, from + n, LookupStatus.UNKNOWN.code());
      if (timesMs != null) {
        Arrays.fill(timesMs, from, from + n, 0);
      }
      return;
    }
    Arrays.fill(room(from + n), from, from + n, id);
    reader.vectors(shard.rows(), tables, keys, from, n, basis, out, places, dimensions, timesMs);
    for (int at = from; at < from + n; at += ResidentRows.CHUNK) {
      int misses = fetch(shard, keys, at, Math.min(ResidentRows.CHUNK, from + n - at), dimensions);
      for (int m = 0; m < misses; m++) {
        int i = missing[m];
        byte[] value = values[m];
        if (value == null) {
          Arrays.fill(out, places[i] * width, (places[i] + 1) * width, 0);
        } else {
          dimensions[i] =
              RowFormat.vector(value, shard.rows().encoding(), basis, out, places[i] * width);
          if (timesMs != null) {
            timesMs[i] = RowFormat.time(value);
          }
        }
      }
      for (int i = at; i < Math.min(at + ResidentRows.CHUNK, from + n); i++) {
        boolean isRow = dimensions[i] > 0;
        statuses[i] = (isRow ? LookupStatus.ROW : LookupStatus.UNKNOWN).code();
        if (timesMs != null) {
          timesMs[i] = isRow ? PackedPopularity.unpackTime(timesMs[i]) : 0;
        }
      }
    }
    if (shard.sharedRows().serves(id)) {
      for (int at = from; at < from + n; at += ResidentRows.CHUNK) {
        int end = Math.min(at + ResidentRows.CHUNK, from + n);
        sharedVectors(shard, keys, at, end, basis, out, places, dimensions, statuses);
      }
    }
  }

  private void sharedVectors(
      Shard shard,
      long[] keys,
      int from,
      int to,
      Basis basis,
      float[] out,
      int[] places,
      int[] dimensions,
      byte[] statuses) {
    int without = without(dimensions, from, to);
    int width = shard.rows().encoding().stateLength(basis.width());
    SharedRows shared = readShared(shard, keys, without, width);
    for (int j = 0; j < without; j++) {
      int i = missing[j];
      if (shared.serves(tables[i])) {
        int d = shared.dimension();
        basis.project(composed, j * width + 1, d, out, places[i] * basis.width());
        dimensions[i] = d;
        statuses[i] = LookupStatus.TAIL.code();
      }
    }
  }

  /** Finds the categories that have no row of their own; gives how many those are. */
  private int without(int[] dimensions, int from, int to) {
    int n = 0;
    for (int i = from; i < to; i++) {
      if (dimensions[i] <= 0) {
        missing[n++] = i;
      }
    }
    return n;
  }

  private SharedRows readShared(Shard shard, long[] keys, int n, int width) {
    if (composed.length < n * width) {
      composed = new float[ResidentRows.CHUNK * width];
    }
    return sharedReads.read(shard, tables, keys, missing, n, composed, width);
  }

  /** Reads states; as {@link dev.varve.learn.Rows#read}. */
  void states(
      Shard shard,
      RowKeys keys,
      long atMs,
      float[] out,
      int width,
      int[] dimensions,
      int[] found,
      float[] popularities) {
    int n = keys.size();
    resolve(shard, keys);
    if (counted.length < 2 * n) {
      counted = new long[4 * n];
    }
    var foresight = new Foresight(shard, atMs);
    reader.rows(shard.rows(), tables, keys.categories(), 0, n, out, width, dimensions, counted);
    for (int at = 0; at < n; at += ResidentRows.CHUNK) {
      int misses =
          fetch(shard, keys.categories(), at, Math.min(ResidentRows.CHUNK, n - at), dimensions);
      for (int m = 0; m < misses; m++) {
        byte[] value = values[m];
        if (value != null) {
          var encoding = shard.rows().encoding();
          int dimension = RowFormat.check(value, encoding);
          dimensions[missing[m]] = dimension;
          RowFormat.state(value, 0, out, missing[m] * width, encoding.rowFloats(dimension));
          counted[2 * missing[m]] = RowFormat.popularity(value);
          counted[2 * missing[m] + 1] = RowFormat.time(value);
        }
      }
      int end = Math.min(at + ResidentRows.CHUNK, n);
      System.arraycopy(dimensions, at, found, at, end - at);
      popularities(shard.settings().decay(), atMs, dimensions, at, end, popularities);
      foresee(shard.sharedRows(), foresight, keys, at, end, out, width, dimensions);
      if (shard.sharedRows() != SharedRows.NONE) {
        sharedStates(shard, keys.categories(), at, n, out, width, dimensions, found);
      }
    }
  }

  private void popularities(
      Popularity decay, long atMs, int[] dimensions, int from, int to, float[] out) {
    for (int i = from; i < to; i++) {
      out[i] = Float.NEGATIVE_INFINITY;
      if (dimensions[i] != ResidentRows.ABSENT) {
        double popularity = PackedPopularity.unpackPopularity(counted[2 * i]);
        long timeMs = PackedPopularity.unpackTime(counted[2 * i + 1]);
        out[i] = (float) decay.log(popularity, timeMs, atMs);
      }
    }
  }

  /** Rows as their update will find them; where shared rows serve a category, those do. */
  private void foresee(
      SharedRows shared,
      Foresight foresight,
      RowKeys keys,
      int from,
      int to,
      float[] out,
      int width,
      int[] dimensions) {
    for (int i = from; i < to; i++) {
      boolean hasRow = dimensions[i] > 0;
      if (hasRow || !shared.serves(tables[i])) {
        long packed = counted[2 * i];
        long units = counted[2 * i + 1];
        dimensions[i] = foresight.state(keys, i, dimensions[i], packed, units, out, i * width);
      }
    }
  }

  private void sharedStates(
      Shard shard,
      long[] keys,
      int from,
      int n,
      float[] out,
      int width,
      int[] dimensions,
      int[] found) {
    int without = without(dimensions, from, Math.min(from + ResidentRows.CHUNK, n));
    SharedRows shared = readShared(shard, keys, without, width);
    int length = shard.rows().encoding().stateLength(shared.dimension());
    for (int j = 0; j < without; j++) {
      int i = missing[j];
      if (shared.serves(tables[i])) {
        System.arraycopy(composed, j * width, out, i * width, length);
        dimensions[i] = shared.dimension();
        found[i] = shared.dimension();
      }
    }
  }

  /** Table numbers of all keys; neighbours are mostly of one table. */
  private void resolve(Shard shard, RowKeys keys) {
    room(keys.size());
    String name = "";
    int id = -1;
    for (int i = 0; i < keys.size(); i++) {
      if (!keys.table(i).equals(name)) {
        name = keys.table(i);
        id = shard.tableId(name);
      }
      tables[i] = id;
    }
  }

  private int[] room(int n) {
    if (tables.length < n) {
      tables = new int[2 * n];
    }
    return tables;
  }

  /** Fetches what was not in memory from below; gives how many that were. */
  private int fetch(Shard shard, long[] keys, int from, int n, int[] dimensions) {
    int misses = 0;
    for (int i = from; i < from + n; i++) {
      if (dimensions[i] == ResidentRows.ABSENT && tables[i] >= 0) {
        missing[misses] = i;
        missingKeys[misses] = RowFormat.key(tables[i], keys[i]);
        misses++;
      }
    }
    if (misses > 0) {
      Arrays.fill(values, 0, misses, null);
      shard.below().get(missingKeys, misses, values);
    }
    return misses;
  }
}
