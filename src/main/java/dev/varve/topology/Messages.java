package dev.varve.topology;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import org.jspecify.annotations.Nullable;

/** Parses the messages that the parts of Varve send each other. */
final class Messages {
  private Messages() {}

  /**
   * Parses a message from a topic: anyone may have written it.
   *
   * @throws InvalidProtocolBufferException when it is none, or a record without a value
   */
  static <T> T received(Parser<T> parser, byte @Nullable [] bytes)
      throws InvalidProtocolBufferException {
    if (bytes == null) {
      throw new InvalidProtocolBufferException("message: empty (expected: protobuf)");
    }
    return parser.parseFrom(bytes);
  }

  /**
   * Parses a message that nobody but Varve writes.
   *
   * @throws IllegalStateException when it is none
   */
  static <T> T own(Parser<T> parser, byte[] bytes) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          "message: %d unreadable bytes (expected: what Varve wrote)".formatted(bytes.length), e);
    }
  }
}
