package dev.varve.crash;

import com.google.protobuf.ByteString;
import dev.varve.event.Category;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Categories whose popularities follow a Zipf law, and a trainer that goes on learning some of
 * them, as it read them with any dimension.
 *
 * <p><b>Threads:</b> one.
 */
final class Populace implements AutoCloseable {
  static final String TABLE = "user";
  static final int CATEGORIES = 16_000;
  private static final int MOST_POPULAR = 2_000;
  private static final int ROWS_IN_BATCH = 500;
  private static final int TOUCHED = 4;
  private static final long NOON_MS = 1_700_000_000_000L;

  private final RandomGenerator random;
  private final KafkaProducer<byte[], byte[]> producer;
  private long timeMs = NOON_MS;
  private long offset;
  private long sent;

  Populace(long seed, String bootstrap) {
    random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap, "max.in.flight.requests.per.connection", 1),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  static String id(int rank) {
    return "u" + rank;
  }

  /** Gives every category its row. */
  void begin() {
    for (int from = 0; from < CATEGORIES; from += ROWS_IN_BATCH) {
      Map<Integer, TableUpdate.Builder> updates = new TreeMap<>();
      for (int rank = from; rank < from + ROWS_IN_BATCH; rank++) {
        add(updates, rank, Math.max(1, MOST_POPULAR / (1 + rank)), Setup.DIMENSION);
      }
      send(updates);
    }
    producer.flush();
  }

  /** Some categories occur, the popular ones more often. */
  void touch() {
    timeMs += random.nextInt(400);
    Map<Integer, TableUpdate.Builder> updates = new TreeMap<>();
    Set<Integer> ranks = new HashSet<>();
    while (ranks.size() < TOUCHED) {
      ranks.add((int) Math.pow(CATEGORIES, random.nextDouble()) - 1);
    }
    for (int rank : ranks) {
      add(updates, rank, 1 + random.nextInt(3), (1 << random.nextInt(5)) >> 1);
    }
    send(updates);
  }

  private void add(
      Map<Integer, TableUpdate.Builder> updates, int rank, int occurrences, int dimension) {
    long key = Category.key(id(rank));
    TableUpdate.Builder update =
        updates.computeIfAbsent(
            Category.shard(TABLE, key, Setup.SHARDS),
            _ -> TableUpdate.newBuilder().setTable(TABLE));
    update.addKeys(key).addOccurrences(occurrences).addEventTimeOffsetsMs(-random.nextInt(2_000));
    update.addDimensions(dimension);
    update.setGradients(update.getGradients().concat(gradient(dimension)));
  }

  private ByteString gradient(int dimension) {
    int floats = dimension == 0 ? 0 : 3 + dimension;
    ByteBuffer bytes = ByteBuffer.allocate(floats * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < floats; i++) {
      float value = (float) random.nextGaussian();
      bytes.putFloat(i > dimension ? Math.abs(value) : value);
    }
    return ByteString.copyFrom(bytes.flip());
  }

  private void send(Map<Integer, TableUpdate.Builder> updates) {
    offset++;
    updates.forEach(
        (shard, update) -> {
          byte[] batch =
              UpdateBatch.newBuilder()
                  .setEndOffset(offset)
                  .setLayoutVersion(1)
                  .setExamples(1)
                  .setEventTimeMs(timeMs)
                  .addTables(update)
                  .build()
                  .toByteArray();
          var _ = producer.send(new ProducerRecord<>(Setup.TOPICS.updates(), shard, null, batch));
          sent++;
        });
  }

  /** Update batches sent; the broker has them then. */
  long sent() {
    producer.flush();
    return sent;
  }

  @Override
  public void close() {
    producer.close();
  }
}
