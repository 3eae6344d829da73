package dev.varve.serve;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads an input in its raw form, little-endian: INT64 and FP64 as 8 bytes each, FP32 as 4, BYTES
 * as a length in 4 bytes and so many bytes each.
 */
final class RawTensor {
  private RawTensor() {}

  /**
   * Reads all that is left of the bytes.
   *
   * @param where names the bytes in a refusal
   * @param to receives the values; its datatype must be known
   */
  static void read(ByteBuffer raw, String where, InputTensor to) {
    ByteBuffer bytes = raw.order(ByteOrder.LITTLE_ENDIAN);
    switch (to.datatype()) {
      case InputTensor.INT64 -> {
        requireWhole(bytes, Long.BYTES, where, "id of INT64");
        while (bytes.hasRemaining()) {
          to.add(bytes.getLong());
        }
      }
      case InputTensor.FP32 -> {
        requireWhole(bytes, Float.BYTES, where, "number of FP32");
        while (bytes.hasRemaining()) {
          to.add((double) bytes.getFloat());
        }
      }
      case InputTensor.FP64 -> {
        requireWhole(bytes, Double.BYTES, where, "number of FP64");
        while (bytes.hasRemaining()) {
          to.add(bytes.getDouble());
        }
      }
      default -> readBytes(bytes, where, to);
    }
  }

  private static void requireWhole(ByteBuffer bytes, int each, String where, String what) {
    if (bytes.remaining() % each != 0) {
      throw RefusedException.malformed(
          where, bytes.remaining() + " bytes", "%d bytes for each %s".formatted(each, what));
    }
  }

  private static void readBytes(ByteBuffer bytes, String where, InputTensor to) {
    int begin = bytes.position();
    while (bytes.hasRemaining()) {
      int start = bytes.position() - begin;
      // The length is unsigned; from 2 GiB on it reads as negative and is beyond any body anyway.
      int length = bytes.remaining() < Integer.BYTES ? -1 : bytes.getInt();
      if (length < 0 || length > bytes.remaining()) {
        throw RefusedException.malformed(
            where,
            "an id cut short at byte " + start,
            "for each id of BYTES its length in 4 little-endian bytes, and its bytes");
      }
      var id = new byte[length];
      bytes.get(id);
      to.add(id);
    }
  }
}
