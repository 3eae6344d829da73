package dev.varve.store;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;

/** Parses messages that Varve itself wrote. */
public final class Messages {
  private Messages() {}

  /**
   * Parses a message.
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
}
