package dev.varve.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends a log to the topic {@code updates}, micro-batch by micro-batch, and keeps what it sent. */
final class Feeder implements AutoCloseable {
  private final UpdateLog log;
  private final KafkaProducer<byte[], byte[]> producer;
  private final List<List<byte[]>> sent = new ArrayList<>();
  private final List<Future<RecordMetadata>> acknowledgements = new ArrayList<>();

  Feeder(UpdateLog log, String bootstrap) {
    this.log = log;
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap, "max.in.flight.requests.per.connection", 1),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    for (int shard = 0; shard < Setup.SHARDS; shard++) {
      sent.add(new ArrayList<>());
    }
  }

  /** Sends the next micro-batches, also while the broker is away. */
  void send(int microBatches) {
    for (int i = 0; i < microBatches; i++) {
      for (UpdateLog.Entry entry : log.next()) {
        sent.get(entry.shard()).add(entry.value());
        acknowledgements.add(
            producer.send(
                new ProducerRecord<>(Setup.TOPICS.updates(), entry.shard(), null, entry.value())));
      }
    }
  }

  /** Waits until the broker has everything. */
  void flush() throws InterruptedException, ExecutionException {
    for (Future<RecordMetadata> acknowledgement : acknowledgements) {
      acknowledgement.get();
    }
    acknowledgements.clear();
  }

  /** What was sent to the shard, in order: its log. */
  List<byte[]> sent(int shard) {
    return sent.get(shard);
  }

  @Override
  public void close() {
    producer.close();
  }
}
