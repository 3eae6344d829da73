package dev.varve.cli;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What a topic has of committed transactions. */
final class Committed {
  private Committed() {}

  /** All records by now, one partition after the other. */
  static <M extends Message> List<M> records(String bootstrap, String topic, Parser<M> parser)
      throws IOException {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed");
    var bytes = new ByteArrayDeserializer();
    List<M> messages = new ArrayList<>();
    try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
      for (PartitionInfo info : consumer.partitionsFor(topic)) {
        var partition = new TopicPartition(topic, info.partition());
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        while (consumer.position(partition) < end) {
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
            messages.add(parser.parseFrom(record.value()));
          }
        }
      }
    }
    return messages;
  }
}
