package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.schema.UpdateBatch;
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

/**
 * One shard's log and what is stored of it, each read once from its beginning and on from there:
 * what is stored has to be the fold of the log whenever nothing is under way.
 */
final class ShardAudit implements AutoCloseable {
  private final int shard;
  private final TopicPartition updates;
  private final TopicPartition changelog;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final ExpectedRows expected;
  private final Map<Bytes, byte[]> last = new HashMap<>();
  private final List<Long> layouts = new ArrayList<>();
  private long batches;

  ShardAudit(String bootstrap, int shard) {
    this.shard = shard;
    this.expected = new ExpectedRows(shard);
    this.updates = new TopicPartition(Setup.TOPICS.updates(), shard);
    this.changelog = new TopicPartition(Shards.CHANGELOG, shard);
    this.consumer =
        new KafkaConsumer<>(
            Shards.reading(bootstrap), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.assign(List.of(updates, changelog));
    consumer.seekToBeginning(List.of(updates, changelog));
  }

  /** Checks what is in the changelog; gives what should be. */
  Map<String, String> check() {
    List<byte[]> log = new ArrayList<>();
    read(updates, record -> log.add(record.value()));
    log.forEach(this::note);
    log.forEach(this::fold);
    read(
        changelog,
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
    Map<String, String> should = expected.stored();
    Audit.compare(shard, "changelog", should, stored);
    assertThat(expected.logged()).as("decisions of shard %d", shard).isEqualTo(expected.decided());
    return should;
  }

  private void note(byte[] record) {
    UpdateBatch batch = parse(record);
    if (batch.hasDecision()) {
      expected.note(batch.getDecision());
    }
  }

  private static UpdateBatch parse(byte[] record) {
    try {
      return UpdateBatch.parseFrom(record);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private void fold(byte[] record) {
    assertThat(expected.fold(record)).as("a whole update batch").isTrue();
    UpdateBatch batch = parse(record);
    if (batch.hasLayout()) {
      layouts.add(batch.getLayout().getVersion());
    } else if (!batch.hasDecision()) {
      batches++;
    }
  }

  private void read(TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> to) {
    consumer.pause(consumer.assignment());
    consumer.resume(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    while (consumer.position(partition) < end) {
      consumer.poll(Duration.ofMillis(20)).forEach(to);
    }
  }

  /** Versions of the layouts in the log. */
  List<Long> layouts() {
    return layouts;
  }

  /** All else in the log. */
  long batches() {
    return batches;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
