package dev.varve.crash;

import dev.varve.store.EmbeddingStoreBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Bytes;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** Reads what is stored without the code that stored it. */
final class Shards {
  /** The topic with what is stored. */
  static final String CHANGELOG =
      Setup.TOPICS.storeApplication() + "-" + EmbeddingStoreBuilder.NAME + "-changelog";

  private Shards() {}

  /** What the committed changelog says of a shard: the last value of each key. */
  static Map<String, String> changelog(String bootstrap, int shard) {
    Map<Bytes, byte[]> last = new HashMap<>();
    read(
        bootstrap,
        new TopicPartition(CHANGELOG, shard),
        record -> {
          Bytes key = Bytes.wrap(record.key());
          if (record.value() == null) {
            last.remove(key);
          } else {
            last.put(key, record.value());
          }
        });
    Map<String, String> stored = new TreeMap<>();
    last.forEach((key, value) -> Stored.read(key.get(), value, stored));
    return stored;
  }

  /** How a consumer reads what is committed, without waiting for more where there is no more. */
  static Map<String, Object> reading(String bootstrap) {
    return Map.of(
        "bootstrap.servers",
        bootstrap,
        "isolation.level",
        "read_committed",
        "fetch.max.wait.ms",
        10,
        "max.partition.fetch.bytes",
        8 << 20);
  }

  /** Reads the committed records of a partition, from its start to its end. */
  static void read(
      String bootstrap, TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> to) {
    try (var consumer =
        new KafkaConsumer<>(
            reading(bootstrap), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofMillis(100)).forEach(to);
      }
    }
  }

  /** What the files of a shard say, with no process at work on them. */
  static Map<String, String> files(Path stateFolder, int shard)
      throws IOException, RocksDBException {
    String files = filesOf(stateFolder, shard).toString();
    Map<String, String> stored = new TreeMap<>();
    try (var options = new Options();
        var dbOptions = new DBOptions()) {
      List<ColumnFamilyDescriptor> families = new ArrayList<>();
      for (byte[] name : RocksDB.listColumnFamilies(options, files)) {
        families.add(new ColumnFamilyDescriptor(name));
      }
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      try (RocksDB db = RocksDB.openReadOnly(dbOptions, files, families, handles);
          RocksIterator pairs = db.newIterator()) {
        for (pairs.seekToFirst(); pairs.isValid(); pairs.next()) {
          Stored.read(pairs.key(), pairs.value(), stored);
        }
        // An iterator ends in silence also when a file is damaged.
        pairs.status();
      }
    }
    return stored;
  }

  private static Path filesOf(Path stateFolder, int shard) throws IOException {
    try (var paths = Files.walk(stateFolder)) {
      return paths
          .filter(Files::isDirectory)
          .filter(path -> path.endsWith(Path.of("rocksdb", EmbeddingStoreBuilder.NAME)))
          .filter(path -> path.toString().contains("_" + shard + "/"))
          .findFirst()
          .orElseThrow();
    }
  }
}
