package dev.varve.cluster;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.varve.base.Check;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Floats as little-endian bytes. */
final class Floats {
  private Floats() {}

  static ByteString pack(float[] floats, int n) {
    var bytes = new byte[n * Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(floats, 0, n);
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** Reads n floats; there must be as many. */
  static void unpack(ByteString bytes, float[] to, int n) {
    Check.that(
        bytes.size() == n * Float.BYTES, "floats", bytes.size() + " bytes", n + " times 4 bytes");
    bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(to, 0, n);
  }
}
