package dev.varve.serve;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads ids in their raw form: INT64 as 8 little-endian bytes each, BYTES as a length in 4
 * little-endian bytes and so many bytes each.
 */
final class RawIds {
  private RawIds() {}

  /**
   * Reads all that is left of the bytes.
   *
   * @param where names the bytes in a refusal
   * @param ids receives them; its datatype must be known
   */
  static void read(ByteBuffer raw, String where, IdsTensor ids) {
    ByteBuffer bytes = raw.order(ByteOrder.LITTLE_ENDIAN);
    if (ids.isInt64()) {
      readInt64(bytes, where, ids);
    } else {
      readBytes(bytes, where, ids);
    }
  }

  private static void readInt64(ByteBuffer bytes, String where, IdsTensor ids) {
    if (bytes.remaining() % Long.BYTES != 0) {
      throw RefusedException.malformed(
          where, bytes.remaining() + " bytes", "8 bytes for each id of INT64");
    }
    while (bytes.hasRemaining()) {
      ids.add(bytes.getLong());
    }
  }

  private static void readBytes(ByteBuffer bytes, String where, IdsTensor ids) {
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
      ids.add(id);
    }
  }
}
