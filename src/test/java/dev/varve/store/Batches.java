package dev.varve.store;

import com.google.protobuf.ByteString;
import dev.varve.event.ExampleCodec;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Update batches, as trainers send them. */
final class Batches {
  static final long NOON_MS = 1_700_000_000_000L;

  private static final String[] TABLES = {"user", "item", "tag"};

  private Batches() {}

  /** One table's update with one occurrence of each key and the same gradient for all. */
  static TableUpdate.Builder table(String name, float[] gradient, long... keys) {
    var table = TableUpdate.newBuilder().setTable(name);
    float[] all = new float[keys.length * gradient.length];
    for (int i = 0; i < keys.length; i++) {
      table.addKeys(keys[i]).addOccurrences(1).addEventTimeOffsetsMs(0);
      System.arraycopy(gradient, 0, all, i * gradient.length, gradient.length);
    }
    return table.setGradients(bytes(all));
  }

  static UpdateBatch.Builder batch(TableUpdate.Builder... tables) {
    var batch =
        UpdateBatch.newBuilder()
            .setTrainer(0)
            .setEndOffset(1)
            .setLayoutVersion(1)
            .setExamples(1)
            .setEventTimeMs(NOON_MS);
    for (TableUpdate.Builder table : tables) {
      batch.addTables(table);
    }
    return batch;
  }

  static ByteString bytes(float... floats) {
    ByteBuffer bytes =
        ByteBuffer.allocate(floats.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(floats);
    return ByteString.copyFrom(bytes);
  }

  /** A gradient that moves every coordinate. */
  static float[] gradient(int dimension, float value) {
    float[] gradient = new float[3 + dimension];
    Arrays.fill(gradient, value);
    return gradient;
  }

  /** Any batch that a trainer could send: few keys, so that they meet; times that jump about. */
  static UpdateBatch random(RandomGenerator random, int dimension) {
    return random(random, dimension, 12, 6);
  }

  /**
   * Any batch that a trainer could send, and some that it should not.
   *
   * @param keys categories of a table, and a few more
   * @param rows of a table in the batch, at most
   */
  static UpdateBatch random(RandomGenerator random, int dimension, int keys, int rows) {
    long timeMs = randomTime(random);
    var batch =
        UpdateBatch.newBuilder()
            .setTrainer(random.nextInt(100))
            .setEndOffset(random.nextInt(1000))
            .setLayoutVersion(random.nextInt(5))
            .setExamples(random.nextInt(64))
            .setEventTimeMs(timeMs);
    for (String name : TABLES) {
      if (random.nextInt(3) > 0) {
        batch.addTables(randomTable(random, name, timeMs, dimension, keys, random.nextInt(rows)));
      }
    }
    if (random.nextInt(20) == 0) {
      batch.addTables(
          randomTable(random, TABLES[0], timeMs, dimension, keys, random.nextInt(rows)));
    }
    return batch.build();
  }

  /** Now and then a clock that is far off. */
  private static long randomTime(RandomGenerator random) {
    return switch (random.nextInt(100)) {
      case 0 -> 1;
      case 1 -> 1_000;
      case 2 -> ExampleCodec.LAST_TIME_MS;
      default -> NOON_MS + random.nextLong(-100_000, 100_000);
    };
  }

  private static TableUpdate randomTable(
      RandomGenerator random, String name, long batchMs, int dimension, int keys, int rows) {
    var table = TableUpdate.newBuilder().setTable(name);
    Set<Long> distinct = new LinkedHashSet<>();
    while (distinct.size() < rows) {
      distinct.add(randomKey(random, keys));
    }
    List<Long> updated = new ArrayList<>(distinct);
    if (rows > 0 && random.nextInt(4) == 0) {
      // No trainer sends a key twice, but whoever can write to the topic may.
      updated.add(random.nextInt(rows), updated.get(random.nextInt(rows)));
    }
    float[] gradients = new float[updated.size() * (3 + dimension)];
    for (int i = 0; i < updated.size(); i++) {
      table.addKeys(updated.get(i));
      table.addOccurrences(1 + random.nextInt(4));
      table.addEventTimeOffsetsMs(-random.nextLong(Math.min(5_000, batchMs)));
      randomGradient(random, gradients, i * (3 + dimension), dimension);
    }
    return table.setGradients(bytes(gradients)).build();
  }

  /** The ends of the range of keys too: they stand first and last below. */
  private static long randomKey(RandomGenerator random, int keys) {
    return switch (random.nextInt(20)) {
      case 0 -> Long.MIN_VALUE;
      case 1 -> Long.MAX_VALUE;
      case 2 -> -1L;
      default -> random.nextInt(keys);
    };
  }

  /** Now and then one that cannot be learned from. */
  private static void randomGradient(RandomGenerator random, float[] to, int at, int dimension) {
    for (int i = 0; i < 3 + dimension; i++) {
      float value = (float) random.nextGaussian();
      to[at + i] = i > dimension ? Math.abs(value) : value;
    }
    int place = at + random.nextInt(3 + dimension);
    switch (random.nextInt(60)) {
      case 0 -> to[place] = Float.NaN;
      case 1 -> to[place] = Float.POSITIVE_INFINITY;
      case 2 -> to[place] = 1e30f;
      case 3, 4, 5 -> to[place] = 0;
      default -> {}
    }
  }
}
