package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.varve.broker.EmbeddedBroker;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.TopicSetup;
import dev.varve.broker.Topics;
import dev.varve.cluster.PeerAccess;
import dev.varve.event.Category;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.join.JoinConfig;
import dev.varve.layout.RebalanceConfig;
import dev.varve.learn.Gradient;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.TrainConfig;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.store.Embeddings;
import dev.varve.store.StoreConfig;
import dev.varve.store.Vectors;
import dev.varve.topology.Applications;
import dev.varve.topology.Restored;
import dev.varve.topology.StoreApplication;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stops the store cleanly and starts it again, on a broker: what was there is there at once. */
@Timeout(120)
class CleanRestartIT {
  private static final int DIMENSION = ModelConfig.defaults().dimension();
  private static final int ROWS = 5_000;
  private static final String TABLE = "user";

  @TempDir private Path folder;

  private static Applications.Config config() {
    return new Applications.Config(
        FeaturesConfig.defaults(),
        LimitsConfig.defaults(),
        JoinConfig.defaults(),
        ModelConfig.defaults(),
        OptimizerConfig.defaults(),
        TrainConfig.defaults(),
        StoreConfig.defaults(),
        RebalanceConfig.defaults(),
        KafkaConfig.defaults());
  }

  @Test
  void nothingIsRestoredAfterACleanStopAndEverythingAfterTheLossOfTheFiles()
      throws IOException, InterruptedException {
    Path state = folder.resolve("state");
    try (var broker = EmbeddedBroker.start(folder.resolve("kafka"), EmbeddedBroker.freePort())) {
      prepare(broker.bootstrap());
      try (var store =
          new StoreApplication(config(), broker.bootstrap(), PeerAccess.none(), state)) {
        store.start();
        await(() -> rows(store.embeddings()) == ROWS);
      }

      assertThat(restartedWith(broker, state).records()).isZero();

      Folders.delete(state);
      assertThat(restartedWith(broker, state).records()).isGreaterThanOrEqualTo(ROWS);
    }
  }

  /** Starts it, sees all rows, stops it cleanly; gives what it restored. */
  private static Restored restartedWith(EmbeddedBroker broker, Path state)
      throws InterruptedException {
    try (var store = new StoreApplication(config(), broker.bootstrap(), PeerAccess.none(), state)) {
      store.start();
      assertThat(rows(store.embeddings())).isEqualTo(ROWS);
      var found = new Vectors(ROWS, DIMENSION);
      store.embeddings().lookup(TABLE, keys(), 0, found);
      assertThat(found.statuses()).containsOnly(1);
      return store.restored();
    }
  }

  private static long rows(Embeddings embeddings) {
    var table = embeddings.tables().get(TABLE);
    return table == null ? 0 : table.rows();
  }

  private static long[] keys() {
    long[] keys = new long[ROWS];
    for (int i = 0; i < ROWS; i++) {
      keys[i] = 0x9E37_79B9_7F4A_7C15L * (i + 1);
    }
    return keys;
  }

  /** Makes the topics and sends an update of every row to its shard. */
  private static void prepare(String bootstrap) throws InterruptedException {
    var topics = new Topics(config().kafka());
    // The first request to a topic that was just made may be turned back: with others in flight
    // behind it, those are out of sequence, again and again until they are too old.
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrap, "max.in.flight.requests.per.connection", 1);
    try (Admin admin = Admin.create(settings);
        var producer =
            new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      new TopicSetup(admin, topics).create();
      for (long key : keys()) {
        int shard = Category.shard(TABLE, key, config().kafka().shards());
        var _ = producer.send(new ProducerRecord<>(topics.updates(), shard, null, update(key)));
      }
      producer.flush();
    }
  }

  private static byte[] update(long key) {
    int bytes = Float.BYTES * Gradient.length(DIMENSION);
    var table =
        TableUpdate.newBuilder()
            .setTable(TABLE)
            .addKeys(key)
            .addOccurrences(1)
            .addEventTimeOffsetsMs(0)
            .setGradients(ByteString.copyFrom(new byte[bytes]));
    return UpdateBatch.newBuilder()
        .setEndOffset(1)
        .setLayoutVersion(1)
        .setExamples(1)
        .setEventTimeMs(1_800_000_000_000L)
        .addTables(table)
        .build()
        .toByteArray();
  }

  private static void await(BooleanSupplier done) throws InterruptedException {
    while (!done.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }
}
