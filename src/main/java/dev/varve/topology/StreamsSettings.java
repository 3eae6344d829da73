package dev.varve.topology;

import dev.varve.broker.KafkaConfig;
import dev.varve.store.RocksDbOptions;
import dev.varve.store.StoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** Kafka Streams' settings for both applications, and for what is compared with them. */
public final class StreamsSettings {
  private static final int HELPING_RECORDS = 200;
  private static final int HELPING_BYTES = 64 << 10;
  private static final int BACKLOG_BYTES = 4 << 20;
  private static final int IDLE_MS = 10;
  private static final int RESTORE_RECORDS = 10_000;
  private static final int RESTORE_BYTES = 4 << 20;

  private StreamsSettings() {}

  /**
   * The settings of one application.
   *
   * @param stateFolder kept between starts: it holds the identity that lets a restarted process
   *     abort its own dead transaction at once
   */
  public static Properties of(
      String application,
      String bootstrap,
      KafkaConfig kafka,
      StoreConfig store,
      Path stateFolder,
      int threads,
      Duration commitInterval) {
    var p = new Properties();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, commitInterval.toMillis());
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
    p.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, kafka.standbys());
    // How soon a new instance gets shards, once its copies of them are new enough; least possible.
    p.put(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, 60_000);
    // Steps of a sweep, and commits, wait for as long when nothing arrives; usual are 100 ms.
    p.put(StreamsConfig.POLL_MS_CONFIG, IDLE_MS);
    p.put(StreamsConfig.STATE_DIR_CONFIG, stateFolder.toString());
    p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, kafka.replication());
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksDbOptions.class);
    p.put(RocksDbOptions.BLOCK_CACHE_BYTES, Long.toString(store.blockCache().count()));
    p.put(RocksDbOptions.WRITE_BUFFER_BYTES, Long.toString(store.writeBuffer().count()));
    // A static member of a classic group gets its tasks back 1 s after a crash instead of 45 s.
    p.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
        kafka.instance());
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 10_000);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 2_000);
    // Update batches of a backlog are tens of KiB each: with the usual 1 MiB a thread gets few of
    // them at a time, and applied 2.0 instead of 2.8 M rows/s; with 8 MiB 2.3 M.
    p.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG),
        BACKLOG_BYTES);
    // With several in flight, the first of a new transaction may be turned back and the others then
    // come out of sequence: harmless, but it costs retries and alarms whoever reads the log.
    p.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION), 1);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 << 10);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), 16 << 20);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 64 << 20);
    // Rows are restored while nothing is served: in large steps, each of which is one write below.
    p.put(
        StreamsConfig.restoreConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG),
        RESTORE_RECORDS);
    p.put(
        StreamsConfig.restoreConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG),
        RESTORE_BYTES);
    return withUsers(p, kafka);
  }

  /** How long the brokers wait for a heartbeat before they give a process's partitions away. */
  static Duration session(Properties settings) {
    String key = ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG;
    Object ours = settings.get(StreamsConfig.consumerPrefix(key));
    Object users = settings.get(key);
    return Duration.ofMillis(Long.parseLong(String.valueOf(users == null ? ours : users)));
  }

  /** What the user sets wins, also over what is set here for one kind of client only. */
  private static Properties withUsers(Properties p, KafkaConfig kafka) {
    for (String key : kafka.properties().keySet()) {
      p.remove(StreamsConfig.mainConsumerPrefix(key));
      p.remove(StreamsConfig.consumerPrefix(key));
      p.remove(StreamsConfig.restoreConsumerPrefix(key));
      p.remove(StreamsConfig.producerPrefix(key));
    }
    p.putAll(kafka.properties());
    return p;
  }

  /**
   * For an application that should take its partitions in turn, record by record: with usual
   * settings a thread that has a backlog learns a thousand examples of one partition before it
   * turns to the next, and learning so far out of the order of time costs quality.
   */
  static Properties inTurn(Properties settings, KafkaConfig kafka) {
    settings.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), HELPING_RECORDS);
    settings.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG),
        HELPING_BYTES);
    settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, HELPING_RECORDS);
    return withUsers(settings, kafka);
  }
}
