package dev.varve.crash;

import com.google.protobuf.ByteString;
import dev.varve.base.Seeds;
import dev.varve.event.Category;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A log of update batches that is a function of its seed: what several trainers send, micro-batch
 * by micro-batch, with all that may go wrong with it.
 *
 * <p>Keys are repeated by a Zipf law and new ones keep coming; the trainers' event times are apart
 * and jump back; now and then a gradient is not finite, or a record is malformed.
 *
 * <p><b>Threads:</b> one.
 */
final class UpdateLog {
  /** A record of the topic {@code updates}. */
  @SuppressWarnings("ArrayRecordComponent") // sent and compared by its bytes
  record Entry(int shard, byte[] value) {}

  private static final int TRAINERS = 4;
  private static final long NOON_MS = 1_700_000_000_000L;
  private static final int GRADIENT_FLOATS = 3 + Setup.DIMENSION;

  /** Of this many micro-batches, one is followed by a record that nobody can apply. */
  private static final int MALFORMED_EVERY = 15;

  /** Of this many rows, one has a gradient that is not finite. */
  private static final int INFINITE_EVERY = 300;

  /** The last table appears only when the log is well under way. */
  private static final int LATE_TABLE_FROM = 400;

  private static final List<String> TABLES = List.of("user", "item", "tag", "late");
  private static final int[] CATEGORIES = {30_000, 6_000, 200, 2_000};
  private static final long[] ENDS_OF_THE_RANGE = {Long.MIN_VALUE, Long.MAX_VALUE, -1, 0};

  private final RandomGenerator random;
  private final int draws;
  private final long[] endOffset = new long[TRAINERS];
  private final long[] clockMs = new long[TRAINERS];
  private int microBatches;
  private long newest;

  /**
   * @param draws categories in each table's part of a micro-batch
   */
  UpdateLog(long seed, int draws) {
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    this.draws = draws;
    for (int trainer = 0; trainer < TRAINERS; trainer++) {
      clockMs[trainer] = NOON_MS - 30_000L * trainer;
    }
  }

  /** The next micro-batch of some trainer, as its batches to the shards. */
  List<Entry> next() {
    int trainer = random.nextInt(TRAINERS);
    int examples = 1 + random.nextInt(64);
    endOffset[trainer] += examples;
    clockMs[trainer] += random.nextInt(10) == 0 ? -random.nextInt(60_000) : random.nextInt(8_000);
    List<Entry> entries = new ArrayList<>();
    for (var batch : batches().entrySet()) {
      batch
          .getValue()
          .setTrainer(trainer)
          .setEndOffset(endOffset[trainer])
          .setLayoutVersion(1 + microBatches / 500)
          .setExamples(entries.isEmpty() ? examples : 0)
          .setEventTimeMs(clockMs[trainer]);
      entries.add(new Entry(batch.getKey(), batch.getValue().build().toByteArray()));
    }
    if (random.nextInt(MALFORMED_EVERY) == 0) {
      entries.add(new Entry(random.nextInt(Setup.SHARDS), malformed()));
    }
    microBatches++;
    return entries;
  }

  private Map<Integer, UpdateBatch.Builder> batches() {
    Map<Integer, UpdateBatch.Builder> batches = new TreeMap<>();
    int tables = TABLES.size() - (microBatches < LATE_TABLE_FROM ? 1 : 0);
    for (int table = 0; table < tables; table++) {
      updates(table)
          .forEach(
              (shard, update) ->
                  batches.computeIfAbsent(shard, _ -> UpdateBatch.newBuilder()).addTables(update));
    }
    return batches;
  }

  private Map<Integer, TableUpdate.Builder> updates(int table) {
    Map<Integer, TableUpdate.Builder> updates = new TreeMap<>();
    String name = TABLES.get(table);
    occurrences(table)
        .forEach(
            (key, n) -> {
              int shard = Category.shard(name, key, Setup.SHARDS);
              add(
                  updates.computeIfAbsent(shard, _ -> TableUpdate.newBuilder().setTable(name)),
                  key,
                  n);
            });
    return updates;
  }

  private Map<Long, Integer> occurrences(int table) {
    Map<Long, Integer> occurrences = new HashMap<>();
    for (int i = 0; i < draws; i++) {
      occurrences.merge(key(table), 1, Integer::sum);
    }
    return occurrences;
  }

  private long key(int table) {
    return switch (random.nextInt(40)) {
      case 0 -> ENDS_OF_THE_RANGE[random.nextInt(ENDS_OF_THE_RANGE.length)];
      case 1, 2 -> Seeds.mix(-1, newest++);
      default -> Seeds.mix(0, (long) Math.pow(CATEGORIES[table], random.nextDouble()));
    };
  }

  private void add(TableUpdate.Builder update, long key, int occurrences) {
    update.addKeys(key).addOccurrences(occurrences).addEventTimeOffsetsMs(-random.nextInt(5_000));
    update.setGradients(update.getGradients().concat(gradient()));
  }

  private ByteString gradient() {
    ByteBuffer bytes =
        ByteBuffer.allocate(GRADIENT_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < GRADIENT_FLOATS; i++) {
      float value = (float) random.nextGaussian();
      bytes.putFloat(i > Setup.DIMENSION ? Math.abs(value) : value);
    }
    if (random.nextInt(INFINITE_EVERY) == 0) {
      float[] kinds = {Float.NaN, Float.NEGATIVE_INFINITY, 1e30f};
      bytes.putFloat(
          Float.BYTES * random.nextInt(GRADIENT_FLOATS), kinds[random.nextInt(kinds.length)]);
    }
    return ByteString.copyFrom(bytes.flip());
  }

  /** If it were applied even in part, it would show: in the examples, the offsets, the times. */
  private byte[] malformed() {
    TableUpdate.Builder good = TableUpdate.newBuilder().setTable("user");
    add(good, key(0), 1_000);
    TableUpdate.Builder bad = TableUpdate.newBuilder().setTable("item");
    add(bad, key(1), 1_000);
    switch (random.nextInt(7)) {
      case 0 -> bad.setTable("");
      case 1 -> bad.setOccurrences(0, 0);
      case 2 -> bad.addKeys(1);
      case 3 -> bad.clearEventTimeOffsetsMs();
      case 4 -> bad.setGradients(bad.getGradients().substring(1));
      case 5 -> bad.setEventTimeOffsetsMs(0, random.nextBoolean() ? 1 : -2 * NOON_MS);
      default -> {
        return "no update batch".getBytes(StandardCharsets.UTF_8);
      }
    }
    return UpdateBatch.newBuilder()
        .setTrainer(TRAINERS)
        .setEndOffset(1L << 40)
        .setLayoutVersion(1L << 20)
        .setExamples(1_000_000)
        .setEventTimeMs(2 * NOON_MS)
        .addTables(good)
        .addTables(bad)
        .build()
        .toByteArray();
  }
}
