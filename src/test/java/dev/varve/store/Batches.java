package dev.varve.store;

import com.google.protobuf.ByteString;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
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
    var batch =
        UpdateBatch.newBuilder()
            .setTrainer(random.nextInt(100))
            .setEndOffset(random.nextInt(1000))
            .setLayoutVersion(random.nextInt(5))
            .setExamples(random.nextInt(64))
            .setEventTimeMs(NOON_MS + random.nextLong(-100_000, 100_000));
    for (String name : TABLES) {
      if (random.nextInt(3) > 0) {
        batch.addTables(randomTable(random, name, dimension));
      }
    }
    return batch.build();
  }

  private static TableUpdate randomTable(RandomGenerator random, String name, int dimension) {
    var table = TableUpdate.newBuilder().setTable(name);
    Set<Long> keys = new HashSet<>();
    for (int n = random.nextInt(6); n > 0; n--) {
      keys.add(randomKey(random));
    }
    float[] gradients = new float[keys.size() * (3 + dimension)];
    for (int i = 0; i < gradients.length; i++) {
      gradients[i] = randomGradient(random, i % (3 + dimension) > dimension);
    }
    for (long key : keys) {
      table.addKeys(key);
      table.addOccurrences(1 + random.nextInt(4));
      table.addEventTimeOffsetsMs(-random.nextLong(5_000));
    }
    return table.setGradients(bytes(gradients)).build();
  }

  /** The ends of the range of keys too: they stand first and last below. */
  static long randomKey(RandomGenerator random) {
    return switch (random.nextInt(8)) {
      case 0 -> Long.MIN_VALUE;
      case 1 -> Long.MAX_VALUE;
      case 2 -> -1L;
      default -> random.nextInt(12);
    };
  }

  private static float randomGradient(RandomGenerator random, boolean isSquare) {
    int kind = random.nextInt(200);
    float value =
        switch (kind) {
          case 0 -> Float.NaN;
          case 1 -> Float.NEGATIVE_INFINITY;
          case 2 -> 1e30f;
          case 3 -> 0;
          default -> (float) random.nextGaussian();
        };
    return isSquare ? Math.abs(value) : value;
  }
}
