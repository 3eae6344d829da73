package dev.varve.store;

import com.google.protobuf.ByteString;
import dev.varve.event.ExampleCodec;
import dev.varve.schema.Block;
import dev.varve.schema.Blocks;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.Tail;
import dev.varve.schema.TailEncoding;
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

  /**
   * A batch as {@link #random}, of rows that the trainer read with any dimension, none twice.
   *
   * @param timeMs its event time, about
   */
  static UpdateBatch ofAnyDimensions(
      RandomGenerator random, int dimension, int keys, int rows, long timeMs) {
    long batchMs = timeMs + random.nextLong(-10_000, 10_000);
    var batch =
        UpdateBatch.newBuilder()
            .setTrainer(random.nextInt(100))
            .setEndOffset(random.nextInt(1000))
            .setLayoutVersion(1)
            .setExamples(random.nextInt(64))
            .setEventTimeMs(batchMs);
    for (String name : TABLES) {
      if (random.nextInt(3) > 0) {
        var table = TableUpdate.newBuilder().setTable(name);
        Set<Long> distinct = new LinkedHashSet<>();
        for (int n = random.nextInt(rows); n > 0; n--) {
          distinct.add((long) (keys * Math.pow(random.nextDouble(), 3)));
        }
        List<Float> gradients = new ArrayList<>();
        for (long key : distinct) {
          int d = (1 << random.nextInt(2 + Integer.numberOfTrailingZeros(dimension))) >> 1;
          table.addKeys(key).addOccurrences(1 + random.nextInt(4)).addDimensions(d);
          table.addEventTimeOffsetsMs(-random.nextLong(Math.min(5_000, batchMs)));
          float[] gradient = new float[3 + d];
          randomGradient(random, gradient, 0, d);
          for (int i = 0; d > 0 && i < gradient.length; i++) {
            gradients.add(gradient[i]);
          }
        }
        float[] all = new float[gradients.size()];
        for (int i = 0; i < all.length; i++) {
          all[i] = gradients.get(i);
        }
        batch.addTables(table.setGradients(bytes(all)));
      }
    }
    return batch.build();
  }

  /** Any layout that the balance part could send, of this version. */
  static UpdateBatch layout(RandomGenerator random, int dimension, long version) {
    var layout = Layout.newBuilder().setVersion(version).setBaseDimension(dimension);
    layout.addAllDefaultBlocks(blocks(random, dimension));
    if (random.nextBoolean()) {
      var blocks = Blocks.newBuilder().addAllBlocks(blocks(random, dimension));
      layout.putTables(TABLES[random.nextInt(TABLES.length)], blocks.build());
    }
    layout.setHysteresis(random.nextInt(3) / 4.0);
    layout.setKeepMs(random.nextBoolean() ? 0 : random.nextLong(40_000));
    layout.setExpire(random.nextBoolean() ? 0 : 0.5);
    layout.setUnitValue(1 + random.nextInt(2));
    layout.setGrowth(random.nextBoolean() ? 0 : random.nextInt(600));
    layout.setSlack(random.nextBoolean() ? 0 : layout.getGrowth() / (1 + random.nextInt(4)));
    if (random.nextBoolean()) {
      layout.putQuotas(ShardModel.SHARD, 1 + random.nextInt(5_000));
    }
    if (random.nextInt(4) == 0) {
      int pinned = (1 << random.nextInt(2 + Integer.numberOfTrailingZeros(dimension))) >> 1;
      layout.addPins(Pin.newBuilder().setTable(TABLES[0]).setKey(3).setDimension(pinned));
    }
    switch (random.nextInt(3)) {
      case 0 -> layout.setTail(tail(TailEncoding.HASH, random, dimension));
      case 1 -> layout.setTail(tail(TailEncoding.QR, random, dimension));
      default -> {}
    }
    if (version > 2 && random.nextInt(3) == 0) {
      layout.setRestores(1 + random.nextLong(version - 1));
    }
    return UpdateBatch.newBuilder().setLayout(layout).build();
  }

  /** Two tails of an encoding, so that layouts often keep the one before. */
  private static Tail tail(TailEncoding encoding, RandomGenerator random, int dimension) {
    boolean isWide = random.nextInt(4) == 0;
    return Tail.newBuilder()
        .setEncoding(encoding)
        .setDimension(isWide ? dimension : Math.min(2, dimension))
        .setRows(isWide ? 6 : 4)
        .build();
  }

  private static List<Block> blocks(RandomGenerator random, int dimension) {
    List<Block> blocks = new ArrayList<>();
    double threshold = random.nextInt(3) * random.nextDouble();
    for (int d = 1; d <= dimension; d *= 2) {
      if (random.nextBoolean()) {
        blocks.add(Block.newBuilder().setDimension(d).setThreshold(threshold).build());
        threshold += 8 * random.nextDouble();
      }
    }
    return blocks;
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
