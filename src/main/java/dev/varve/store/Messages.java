package dev.varve.store;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import org.jspecify.annotations.Nullable;

/** Parses the messages that the parts of Varve keep and send each other. */
public final class Messages {
  private Messages() {}

  /**
   * Parses a message that nobody but Varve writes.
   *
   * @param what the message, as the error names it
   * @throws IllegalStateException when the bytes are not what was written
   */
  public static <T> T parse(Parser<T> parser, byte[] bytes, String what) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          "%s: %d unreadable bytes (expected: what Varve wrote)".formatted(what, bytes.length), e);
    }
  }

  /**
   * Parses a message from a topic: anyone may have written it.
   *
   * @throws InvalidProtocolBufferException when it is none, or a record without a value
   */
  public static <T> T received(Parser<T> parser, byte @Nullable [] bytes)
      throws InvalidProtocolBufferException {
    if (bytes == null) {
      throw new InvalidProtocolBufferException("message: empty (expected: protobuf)");
    }
    return parser.parseFrom(bytes);
  }
}
