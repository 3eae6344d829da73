package dev.varve.feed;

import dev.varve.schema.Example;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** Sends what is read from a log, in one form or another. */
public sealed interface LogSender extends AutoCloseable permits ExampleSender, EventSender {
  /** Sends an example. */
  void send(Example example);

  /** Sends what could not become an example to the dead letters. */
  void refuse(String raw, String reason);

  /**
   * Ends the log, and waits until everything has arrived.
   *
   * @return the offsets behind the last records sent
   */
  Map<TopicPartition, Long> flush();

  @Override
  void close();
}
