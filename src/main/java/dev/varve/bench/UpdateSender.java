package dev.varve.bench;

import com.google.protobuf.ByteString;
import dev.varve.event.Category;
import dev.varve.log.ZipfSampler;
import dev.varve.schema.Layout;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntToLongFunction;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends update batches to the topic {@code updates} as trainers do: each of the rows of one shard,
 * each row once, with the number of its occurrences. A batch is full when it has as many rows as
 * are asked for.
 *
 * <p><b>Threads:</b> one, but for {@link #occurrences}.
 */
final class UpdateSender implements AutoCloseable {
  static final String TABLE = "bench";

  private static final int MOST_LATE_MS = 32;

  private final IntToLongFunction keys;
  private final int rows;
  private final String topic;
  private final SplittableRandom random;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Batch[] batches;

  /** For each row, 1 + where it stands in the unfinished batch of its shard; 0 for nowhere. */
  private final int[] places;

  /** For each row, how often it occurred. */
  private final AtomicIntegerArray occurred;

  private final Gradients gradients;
  private final UpdateLog log;
  private volatile @Nullable Exception failure;
  private volatile long sent;

  UpdateSender(KafkaScene scene, Settings settings) {
    this(scene, settings, new PooledGradients(settings));
  }

  UpdateSender(KafkaScene scene, Settings settings, Gradients gradients) {
    this(scene, settings, settings.population(Settings.DIMENSION)::key, gradients);
  }

  /**
   * @param keys of the rows, by their numbers
   */
  UpdateSender(KafkaScene scene, Settings settings, IntToLongFunction keys, Gradients gradients) {
    int shards = scene.config().shards();
    this.keys = keys;
    this.rows = settings.rows();
    this.topic = scene.topics().updates();
    this.random = new SplittableRandom(settings.seed());
    this.places = new int[rows];
    this.occurred = new AtomicIntegerArray(rows);
    this.gradients = gradients;
    this.log = new UpdateLog(shards);
    this.batches = new Batch[shards];
    for (int shard = 0; shard < shards; shard++) {
      batches[shard] = new Batch(shard, settings.batch());
    }
    // More in flight would come out of sequence where the topic was made just now.
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                scene.bootstrap(),
                "max.in.flight.requests.per.connection",
                1,
                "linger.ms",
                5,
                "batch.size",
                512 << 10,
                "max.request.size",
                16 << 20,
                "buffer.memory",
                128 << 20),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Makes the gradients of a batch. */
  @FunctionalInterface
  interface Gradients {
    /** As {@link TableUpdate#getGradients} has them, of the first n keys. */
    ByteString of(long[] keys, int n);
  }

  /** What is sent so far. */
  UpdateLog log() {
    return log;
  }

  /** Update batches that were sent so far, each of one example; any thread may ask. */
  long batches() {
    return sent;
  }

  /** Sends an update of every row, in random order, and waits until the broker has it. */
  void sendAll() {
    for (int number : Draws.shuffled(rows, random)) {
      add(number);
    }
    flush();
  }

  /** Sends updates of rows drawn by Zipf's law, this many, and waits until the broker has them. */
  void sendZipf(long rows, double exponent) {
    sendZipf(rows, zipf(exponent));
  }

  /** The same by a law that was made before. */
  void sendZipf(long rows, Zipf zipf) {
    long end = log.rows() + rows;
    while (log.rows() < end) {
      add(zipf.numbers[zipf.ranks.draw(random) - 1]);
    }
    flush();
  }

  /** Who is how popular. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Zipf(int[] numbers, ZipfSampler ranks) {}

  /** Zipf's law over the rows in random order. */
  Zipf zipf(double exponent) {
    return new Zipf(Draws.shuffled(rows, random), new ZipfSampler(rows, exponent));
  }

  /** Sends every shard a layout, behind what was sent before. */
  void sendLayout(Layout layout) {
    flush();
    byte[] bytes = UpdateBatch.newBuilder().setLayout(layout).build().toByteArray();
    for (int shard = 0; shard < batches.length; shard++) {
      send(shard, bytes);
      log.addLayout(shard);
    }
    flush();
  }

  /** So often did a share of the rows occur at most; any thread may ask. */
  int occurrences(double share) {
    int[] sorted = new int[rows];
    Arrays.setAll(sorted, occurred::get);
    Arrays.sort(sorted);
    return sorted[(int) (share * (sorted.length - 1))];
  }

  private void add(int number) {
    occurred.setPlain(number, occurred.getPlain(number) + 1);
    long key = keys.applyAsLong(number);
    Batch batch = batches[Category.shard(TABLE, key, batches.length)];
    if (places[number] == 0) {
      batch.add(number, key);
    } else {
      batch.occurrences[places[number] - 1]++;
    }
    if (batch.size == batch.numbers.length) {
      batch.send();
    }
  }

  private void flush() {
    for (Batch batch : batches) {
      if (batch.size > 0) {
        batch.send();
      }
    }
    producer.flush();
    if (failure != null) {
      throw new KafkaException("updates: could not be sent", failure);
    }
  }

  /** In a shard's log one after the other, and so do the answers come. */
  private void send(int shard, byte[] bytes) {
    var _ =
        producer.send(
            new ProducerRecord<>(topic, shard, null, bytes),
            (stored, e) -> {
              if (e == null) {
                log.stored(shard, stored.offset());
              } else {
                failure = e;
              }
            });
  }

  /** The next update batch of a shard. */
  private final class Batch {
    private final int shard;
    private final int[] numbers;
    private final long[] keys;
    private final int[] occurrences;
    private int size;

    Batch(int shard, int rows) {
      this.shard = shard;
      this.numbers = new int[rows];
      this.keys = new long[rows];
      this.occurrences = new int[rows];
    }

    void add(int number, long key) {
      numbers[size] = number;
      keys[size] = key;
      occurrences[size] = 1;
      places[number] = ++size;
    }

    void send() {
      var update = TableUpdate.newBuilder().setTable(TABLE);
      long total = 0;
      for (int i = 0; i < size; i++) {
        update.addKeys(keys[i]).addOccurrences(occurrences[i]);
        update.addEventTimeOffsetsMs(-random.nextInt(MOST_LATE_MS));
        total += occurrences[i];
        places[numbers[i]] = 0;
      }
      update.setGradients(gradients.of(keys, size));
      long number = sent + 1;
      sent = number;
      byte[] bytes =
          UpdateBatch.newBuilder()
              .setEndOffset(number)
              .setLayoutVersion(1)
              .setExamples(1)
              .setEventTimeMs(Population.BEGIN_MS + number)
              .addTables(update)
              .build()
              .toByteArray();
      UpdateSender.this.send(shard, bytes);
      log.add(shard, size, total, bytes.length);
      size = 0;
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
