package dev.varve.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.varve.base.Seeds;
import dev.varve.log.ZipfSampler;
import dev.varve.table.RowFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * What does each RocksDB option cost and bring, for what a shard does with RocksDB: rows that come
 * in any order, rows that are written back again and again, rows that are read because they are not
 * in memory, and rows that are looked for but do not exist?
 *
 * <p>Writing is told in CPU time of the process, compaction included: it takes from what learns.
 */
final class RocksDbOptionsBench implements Bench {
  private static final int SHARDS = 4;
  private static final int COMMIT = 100_000;
  private static final int READS = 100_000;
  private static final long SETTLE_NS = 50_000_000;

  private final Settings settings;
  private final int rows;
  private final List<Figure> figures = new ArrayList<>();

  RocksDbOptionsBench(Settings settings) {
    this.settings = settings;
    this.rows = settings.rows() / SHARDS;
  }

  @Override
  public String question() {
    return "RocksDB options, one shard of %,d rows of dimension 16, batches of %d"
        .formatted(rows, settings.batch());
  }

  @Override
  public long bytes() {
    return 256 << 20;
  }

  @Override
  public List<Figure> run(Progress progress) throws IOException {
    try (var folder = new ScratchFolder(settings.folder())) {
      progress.at("warming up");
      measure(RocksDbVariant.AS_CONFIGURED, folder.path().resolve("warm"));
      figures.clear();
      for (RocksDbVariant variant : RocksDbVariant.values()) {
        progress.at(variant.text());
        measure(variant, folder.path().resolve(variant.name()));
      }
    } catch (RocksDBException e) {
      throw new IllegalStateException("rocksdb: failed (expected: room in the folder)", e);
    }
    return figures;
  }

  private void measure(RocksDbVariant variant, Path path) throws RocksDBException {
    try (Options options = variant.options();
        RocksDB db = RocksDB.open(options, path.toString())) {
      String of = variant.text() + ": ";
      int[] numbers = Draws.shuffled(rows, new SplittableRandom(settings.seed()));
      figures.add(cpu(of + "first write", db, rows, () -> write(db, numbers)));
      int commits = settings.rounds() * 4;
      int[][] changed = new int[commits][];
      var ranks = new ZipfSampler(rows, settings.zipf());
      var random = new SplittableRandom(settings.seed());
      for (int i = 0; i < commits; i++) {
        int[] drawn = new int[COMMIT];
        Arrays.setAll(drawn, _ -> numbers[ranks.draw(random) - 1]);
        changed[i] = Arrays.stream(drawn).distinct().toArray();
      }
      long written = Arrays.stream(changed).mapToLong(commit -> commit.length).sum();
      figures.add(
          cpu(
              of + "write-back",
              db,
              written,
              () -> {
                for (int[] commit : changed) {
                  write(db, commit);
                }
              }));
      figures.add(read(of + "read, there", db, settings.seed()));
      figures.add(read(of + "read, not there", db, settings.seed() + 1));
      figures.add(bytes(of + "files", db, "rocksdb.total-sst-files-size"));
      figures.add(bytes(of + "memory outside the cache", db, "rocksdb.estimate-table-readers-mem"));
    }
  }

  /** What is measured. */
  private interface Action {
    void run() throws RocksDBException;
  }

  /** CPU time of the process until RocksDB has done all that follows from it. */
  private static Figure cpu(String name, RocksDB db, long rows, Action action)
      throws RocksDBException {
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long begun = system.getProcessCpuTime();
    action.run();
    try (var wait = new FlushOptions().setWaitForFlush(true)) {
      db.flush(wait);
    }
    do {
      LockSupport.parkNanos(SETTLE_NS);
    } while (db.getLongProperty("rocksdb.num-running-compactions") > 0);
    return Figure.of(name, Unit.NS_PER_ROW, (double) (system.getProcessCpuTime() - begun) / rows);
  }

  private void write(RocksDB db, int[] numbers) throws RocksDBException {
    try (var options = new WriteOptions().setDisableWAL(true)) {
      byte[] value = new byte[RowFormat.valueBytes(Population.ENCODING, Settings.DIMENSION)];
      var random = new SplittableRandom(settings.seed());
      for (int from = 0; from < numbers.length; from += settings.batch()) {
        try (var batch = new WriteBatch()) {
          for (int i = from; i < Math.min(numbers.length, from + settings.batch()); i++) {
            // What is learned looks like noise; the highest byte of a float does not.
            random.nextBytes(value);
            for (int at = 17; at < value.length; at += Float.BYTES) {
              value[at] = 0x3D;
            }
            batch.put(key(numbers[i], settings.seed()), value);
          }
          db.write(options, batch);
        }
      }
    }
  }

  private static byte[] key(int number, long seed) {
    return RowFormat.key(0, Seeds.mix(seed, number));
  }

  private Figure read(String name, RocksDB db, long seed) throws RocksDBException {
    var random = new SplittableRandom(seed);
    double[] rounds = new double[settings.rounds()];
    for (int round = 0; round < rounds.length; round++) {
      long ns = 0;
      for (int done = 0; done < READS; done += settings.batch()) {
        List<byte[]> keys = new ArrayList<>();
        for (int i = 0; i < settings.batch(); i++) {
          keys.add(key(random.nextInt(rows), seed));
        }
        long begun = System.nanoTime();
        List<byte[]> values = db.multiGetAsList(keys);
        ns += System.nanoTime() - begun;
        if ((values.getFirst() == null) == (seed == settings.seed())) {
          throw new IllegalStateException(name + ": the contrary (expected: what it says)");
        }
      }
      rounds[round] = (double) ns / READS;
    }
    return Figure.of(name, Unit.NS_PER_ROW, rounds);
  }

  private Figure bytes(String name, RocksDB db, String property) throws RocksDBException {
    return Figure.of(name, Unit.BYTES_PER_ROW, (double) db.getLongProperty(property) / rows);
  }
}
