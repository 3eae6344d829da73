package dev.varve.event;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The two forms in which users send messages: protobuf, and JSON with the same field names. A
 * message that begins with a brace, behind white space or not, is JSON. Of the bytes that JSON may
 * begin with, only the newline begins messages in protobuf: it is the tag of a field 1 that is a
 * text.
 */
public final class EventFormat {
  private EventFormat() {}

  /**
   * Merges a message into an empty builder.
   *
   * @throws RefusedEventException when the bytes are neither form of the message
   */
  public static <B extends Message.Builder> B parse(byte[] bytes, B builder)
      throws RefusedEventException {
    try {
      if (isJson(bytes) && !isProtobufBehindNewline(bytes, builder)) {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        requireNothingBehind(text);
        JsonFormat.parser().merge(text, builder);
      } else {
        builder.mergeFrom(bytes);
      }
      return builder;
    } catch (InvalidProtocolBufferException | CharacterCodingException e) {
      throw RefusedEventException.of(
          "event",
          String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable"),
          "%s as protobuf or JSON".formatted(builder.getDescriptorForType().getName()));
    }
  }

  private static boolean isJson(byte[] bytes) {
    for (byte b : bytes) {
      if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
        return b == '{';
      }
    }
    return false;
  }

  /** The parser stops at the end of the object: a second one in a record would be lost unseen. */
  private static void requireNothingBehind(String json) throws RefusedEventException {
    int end = objectEnd(json);
    String behind = json.substring(end).strip();
    if (!behind.isEmpty()) {
      throw RefusedEventException.of("event", behind, "nothing behind the closing brace");
    }
  }

  /** Behind the brace that closes the first object; the text's end when none does. */
  private static int objectEnd(String json) {
    int depth = 0;
    boolean inText = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (c == '"') {
        inText = !inText;
      } else if (inText) {
        i += c == '\\' ? 1 : 0;
      } else if (c == '{') {
        depth++;
      } else if (c == '}' && --depth == 0) {
        return i + 1;
      }
    }
    return json.length();
  }

  /** A request id of 123 bytes looks like a newline and a brace. */
  private static boolean isProtobufBehindNewline(byte[] bytes, Message.Builder builder) {
    if (bytes[0] != '\n') {
      return false;
    }
    try {
      builder.getDefaultInstanceForType().getParserForType().parseFrom(bytes);
      return true;
    } catch (InvalidProtocolBufferException _) {
      return false;
    }
  }
}
