package dev.varve.topology;

import dev.varve.broker.Topics;
import dev.varve.crash.Marker;
import dev.varve.crash.Setup;
import dev.varve.learn.Adagrad;
import dev.varve.store.EmbeddingStore;
import dev.varve.store.EmbeddingStoreBuilder;
import dev.varve.table.Popularity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;

/**
 * The application {@code store} in a process of its own, put together as {@link Applications} does,
 * with one addition: it says where it is ({@link Marker}), so that it can be killed there.
 */
public final class StoreMain {
  private StoreMain() {}

  /**
   * Runs until a signal or the end of standard input.
   *
   * @param args the brokers, the state folder
   */
  public static void main(String[] args) throws IOException {
    var streams = new KafkaStreams(topology(), settings(args[0], Path.of(args[1])), new Clients());
    streams.setUncaughtExceptionHandler(new ThreadFailures(Setup.KAFKA.prefix()));
    streams.setGlobalStateRestoreListener(new RestoreMarkers());
    streams.setStateListener(
        (state, _) -> {
          if (state == KafkaStreams.State.RUNNING) {
            Marker.RUNNING.say();
          }
        });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(streams)));
    Marker.STARTING.say();
    streams.start();
    while (System.in.read() >= 0) {
      // Whoever started this holds the other end: when it is gone, this has to go as well.
    }
    Runtime.getRuntime().halt(1);
  }

  private static void stop(KafkaStreams streams) {
    streams.close();
    Marker.STOPPED.say();
  }

  private static Topology topology() {
    var settings =
        new EmbeddingStore.Settings(
            Setup.DIMENSION,
            new Adagrad(Setup.OPTIMIZER, Setup.MODEL_SEED),
            new Popularity(Setup.STORE.popularityHalfLife().toMillis()),
            Setup.STORE.cache().count() / Setup.SHARDS,
            1 << 16);
    return StoreTopology.build(
        new Topics(Setup.KAFKA),
        settings,
        Setup.STORE.censusEvery(),
        Setup.REBALANCE,
        (_, _) -> {
          throw new IllegalStateException("nobody asks");
        });
  }

  private static Properties settings(String bootstrap, Path stateFolder) {
    return StreamsSettings.of(
        new Topics(Setup.KAFKA).storeApplication(),
        bootstrap,
        Setup.KAFKA,
        Setup.STORE,
        stateFolder,
        Setup.STORE.threads(),
        Setup.STORE.commitInterval());
  }

  private static final class Clients extends DefaultKafkaClientSupplier {
    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
      return new CommitMarkers(config);
    }
  }

  private static final class CommitMarkers extends KafkaProducer<byte[], byte[]> {
    private static final Topics TOPICS = new Topics(Setup.KAFKA);

    private boolean writing;

    /** Rows since a layout went out; negative before the first. */
    private int moved = -1;

    CommitMarkers(Map<String, Object> config) {
      super(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
      if (record.topic().endsWith(EmbeddingStoreBuilder.NAME + "-changelog")) {
        if (!writing) {
          writing = true;
          Marker.WRITING.say();
        }
        if (moved >= 0 && ++moved % Setup.ROWS_A_MARK == 0) {
          Marker.MOVED.say();
        }
      } else if (record.topic().equals(TOPICS.updates())) {
        moved = 0;
        Marker.ANNOUNCING.say();
      } else if (record.topic().equals(TOPICS.replies())) {
        Marker.REPLYING.say();
      }
      return super.send(record, callback);
    }

    @Override
    public void commitTransaction() {
      Marker.COMMITTING.say();
      super.commitTransaction();
      writing = false;
      Marker.COMMITTED.say();
    }
  }

  private static final class RestoreMarkers implements StateRestoreListener {
    @Override
    public void onRestoreStart(TopicPartition changelog, String store, long from, long to) {
      if (store.equals(EmbeddingStoreBuilder.NAME)) {
        Marker.RESTORING.say();
        System.out.println(changelog + " from " + from + " to " + to);
      }
    }

    @Override
    public void onBatchRestored(TopicPartition changelog, String store, long end, long records) {
      // Where it begins and where it ends is enough.
    }

    @Override
    public void onRestoreEnd(TopicPartition changelog, String store, long records) {
      if (store.equals(EmbeddingStoreBuilder.NAME)) {
        Marker.RESTORED.say();
      }
    }
  }
}
