package dev.varve.topology;

import dev.varve.broker.DeadLetter;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends refused records to the dead-letter topic, and says so in the log now and then. */
final class DeadLetters {
  private static final Logger log = LoggerFactory.getLogger(DeadLetters.class);
  private static final long LOG_EVERY_MS = 10_000;

  private final ProcessorContext<byte[], byte[]> context;
  private final String sink;
  private long loggedMs = Long.MIN_VALUE / 2;
  private long unlogged;

  /**
   * @param sink name of the sink node: each sub-topology has its own
   */
  DeadLetters(ProcessorContext<byte[], byte[]> context, String sink) {
    this.context = context;
    this.sink = sink;
  }

  /** Forwards the record that is being processed, with the reason. */
  void send(Record<byte[], byte[]> record, String reason) {
    send(record, context.recordMetadata().orElseThrow(), reason);
  }

  /**
   * Forwards a refused record with the reason.
   *
   * @param from where it came from
   */
  void send(Record<byte[], byte[]> record, RecordMetadata from, String reason) {
    DeadLetter letter =
        DeadLetter.of(record.value(), reason, DeadLetter.source(record.headers()))
            .from(from.topic(), from.partition(), from.offset());
    context.forward(new Record<>(null, letter.value(), record.timestamp(), letter.headers()), sink);
    unlogged++;
    long now = context.currentSystemTimeMs();
    if (now - loggedMs >= LOG_EVERY_MS) {
      log.warn(
          "refused {} records of {} since the last message; newest: {}",
          unlogged,
          from.topic(),
          letter.reason());
      loggedMs = now;
      unlogged = 0;
    }
  }
}
