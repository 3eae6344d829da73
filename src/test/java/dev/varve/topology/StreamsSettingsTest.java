package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.base.Bytes;
import dev.varve.broker.KafkaConfig;
import dev.varve.store.RocksDbOptions;
import dev.varve.store.StoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;

/** The settings as Kafka Streams itself resolves them for its clients. */
class StreamsSettingsTest {
  private static final KafkaConfig KAFKA =
      new KafkaConfig("", 9092, "varve", 4, 4, 3, Duration.ofDays(7), "node-7", "", 0, Map.of());

  private static KafkaConfig kafka(Map<String, String> properties) {
    return new KafkaConfig(
        "", 9092, "varve", 4, 4, 3, Duration.ofDays(7), "node-7", "", 0, properties);
  }

  private static Properties of(KafkaConfig kafka) {
    StoreConfig store = StoreConfig.defaults();
    return StreamsSettings.of(
        "varve-store", "localhost:9092", kafka, store, Path.of("state"), 3, Duration.ofMillis(250));
  }

  private static Map<String, Object> consumer(Properties settings) {
    return new StreamsConfig(settings).getMainConsumerConfigs("varve-store", "thread-1", 0);
  }

  private static Map<String, Object> producer(Properties settings) {
    return new StreamsConfig(settings).getProducerConfigs("thread-1");
  }

  @Test
  void recordsAreProcessedExactlyOnce() {
    var settings = new StreamsConfig(of(KAFKA));

    assertThat(settings.getString(StreamsConfig.PROCESSING_GUARANTEE_CONFIG))
        .isEqualTo("exactly_once_v2");
    assertThat(consumer(of(KAFKA))).containsEntry("isolation.level", "read_committed");
    assertThat(producer(of(KAFKA))).containsEntry("enable.idempotence", true);
  }

  @Test
  void aRestartedProcessIsTheSameMemberOfTheSameGroupOnTheSameState() {
    var settings = new StreamsConfig(of(KAFKA));

    assertThat(settings.getString(StreamsConfig.APPLICATION_ID_CONFIG)).isEqualTo("varve-store");
    assertThat(settings.getString(StreamsConfig.STATE_DIR_CONFIG)).isEqualTo("state");
    assertThat(settings.getString(StreamsConfig.GROUP_PROTOCOL_CONFIG)).isEqualTo("classic");
    assertThat(consumer(of(KAFKA)))
        .containsEntry("group.instance.id", "node-7-0")
        .containsEntry("session.timeout.ms", 10_000)
        .containsEntry("heartbeat.interval.ms", 2_000);
  }

  @Test
  void whatIsConfiguredArrives() {
    var settings = new StreamsConfig(of(KAFKA));

    assertThat(settings.getInt(StreamsConfig.REPLICATION_FACTOR_CONFIG)).isEqualTo(3);
    assertThat(settings.getInt(StreamsConfig.NUM_STREAM_THREADS_CONFIG)).isEqualTo(3);
    assertThat(settings.getLong(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG)).isEqualTo(250);
    assertThat(settings.getClass(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG))
        .isEqualTo(RocksDbOptions.class);
    assertThat(of(KAFKA))
        .containsEntry(RocksDbOptions.BLOCK_CACHE_BYTES, Long.toString(Bytes.mib(64).count()))
        .containsEntry(RocksDbOptions.WRITE_BUFFER_BYTES, Long.toString(Bytes.mib(16).count()));
  }

  @Test
  void theUsersPropertiesWinByTheNameOfTheClientAndByTheNameOfKafkaStreams() {
    Properties settings =
        of(
            kafka(
                Map.of(
                    "security.protocol", "SSL",
                    "session.timeout.ms", "30000",
                    "producer.batch.size", "1000",
                    "max.request.size", "2000",
                    "commit.interval.ms", "77")));

    assertThat(new StreamsConfig(settings).getLong("commit.interval.ms")).isEqualTo(77);
    assertThat(consumer(settings))
        .containsEntry("security.protocol", "SSL")
        .containsEntry("session.timeout.ms", "30000");
    assertThat(producer(settings))
        .containsEntry("security.protocol", "SSL")
        .containsEntry("batch.size", "1000")
        .containsEntry("max.request.size", "2000");
  }

  @Test
  void trainersTakeTheirPartitionsInTurnUnlessTheUserWantsItOtherwise() {
    assertThat(consumer(StreamsSettings.inTurn(of(KAFKA), KAFKA)))
        .containsEntry("max.poll.records", 200)
        .containsEntry("max.partition.fetch.bytes", 65_536);

    KafkaConfig own =
        kafka(Map.of("max.poll.records", "9", "main.consumer.max.partition.fetch.bytes", "8"));
    assertThat(consumer(StreamsSettings.inTurn(of(own), own)))
        .containsEntry("max.poll.records", "9")
        .containsEntry("max.partition.fetch.bytes", "8");
  }
}
