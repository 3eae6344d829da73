package dev.varve.broker;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A refused record on its way to the dead letters.
 *
 * @param value the record's bytes, cut to 64 KiB
 * @param headers {@code varve.reason}; {@code varve.topic}, {@code varve.partition} and {@code
 *     varve.offset} where it came from Kafka; {@code varve.source} when the sender set it
 */
@SuppressWarnings("ArrayRecordComponent") // handed to Kafka, never compared
public record DeadLetter(byte[] value, Headers headers) {
  /** Header by which a sender names itself; quality is reported by it. */
  public static final String SOURCE = "varve.source";

  public static final String REASON = "varve.reason";

  private static final int LONGEST_VALUE = 64 << 10;
  private static final int LONGEST_SOURCE = 100;
  private static final int LONGEST_REASON = 1_000;

  /**
   * Makes a dead letter.
   *
   * @param source the sender, or empty
   */
  public static DeadLetter of(byte @Nullable [] value, String reason, String source) {
    Headers headers = new RecordHeaders();
    headers.add(REASON, bytes(cut(reason, LONGEST_REASON)));
    if (!source.isEmpty()) {
      headers.add(SOURCE, bytes(cut(source, LONGEST_SOURCE)));
    }
    byte[] kept = value == null ? new byte[0] : value;
    return new DeadLetter(
        kept.length <= LONGEST_VALUE ? kept : Arrays.copyOf(kept, LONGEST_VALUE), headers);
  }

  /** Adds where the record came from. */
  public DeadLetter from(String topic, int partition, long offset) {
    headers.add("varve.topic", bytes(topic));
    headers.add("varve.partition", bytes(Integer.toString(partition)));
    headers.add("varve.offset", bytes(Long.toString(offset)));
    return this;
  }

  /** Why it was refused, as the letter says it: cut to 1,000 characters. */
  public String reason() {
    return text(headers.lastHeader(REASON));
  }

  /** The sender that the headers name, cut to 100 characters; empty without one. */
  public static String source(Headers headers) {
    return cut(text(headers.lastHeader(SOURCE)), LONGEST_SOURCE);
  }

  private static String text(@Nullable Header header) {
    return header == null || header.value() == null
        ? ""
        : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** A reason may quote the sender; a letter must not grow too large to be sent. */
  private static String cut(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
