package dev.varve.feed;

import dev.varve.broker.Topics;
import dev.varve.schema.Example;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Sends examples to Kafka, in turn to each partition, so that the partitions stay in step with each
 * other in event time. Each arrives once.
 *
 * <p><b>Threads:</b> one.
 *
 * <p><b>Errors:</b> a record that cannot be delivered makes the next call throw {@link
 * KafkaException}.
 */
public final class ExampleSender implements LogSender {
  private final Outbox outbox;
  private final Topics topics;
  private final int partitions;
  private long sent;

  /**
   * Connects.
   *
   * @param source names what is sent, in quality reports and dead letters
   */
  public ExampleSender(String bootstrap, Topics topics, String source) {
    this.topics = topics;
    this.outbox = new Outbox(bootstrap, topics, source);
    this.partitions = outbox.partitions(topics.examples());
  }

  @Override
  public void send(Example example) {
    int partition = (int) (sent++ % partitions);
    outbox.send(topics.examples(), partition, null, example.toByteArray());
  }

  @Override
  public void refuse(String raw, String reason) {
    outbox.refuse(raw, reason);
  }

  @Override
  public Map<TopicPartition, Long> flush() {
    return outbox.flush();
  }

  @Override
  public void close() {
    outbox.close();
  }
}
