package dev.varve.serve;

import dev.varve.store.Vectors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The answer to a lookup, before it is written for a transport.
 *
 * <p><b>Shape:</b> n is the number of the request's keys.
 */
final class LookupAnswer {
  private final LookupRequest request;
  private final String version;
  private final long watermarkMs;
  private final Vectors found;

  LookupAnswer(LookupRequest request, String version, long watermarkMs, Vectors found) {
    this.request = request;
    this.version = version;
    this.watermarkMs = watermarkMs;
    this.found = found;
  }

  LookupRequest request() {
    return request;
  }

  /** Layout version that the rows follow. */
  String version() {
    return version;
  }

  /** Everything up to this event time was learned before the rows were read. */
  long watermarkMs() {
    return watermarkMs;
  }

  float[] vectors() {
    return found.vectors();
  }

  byte[] statuses() {
    return found.statuses();
  }

  /** Bytes of an output in its raw form. */
  int rawBytes(Output output) {
    return switch (output) {
      case EMBEDDINGS -> vectors().length * Float.BYTES;
      case STATUS -> statuses().length;
    };
  }

  /** Writes an output in its raw form: row-major, little-endian, nothing between the values. */
  void putRaw(Output output, ByteBuffer to) {
    switch (output) {
      case EMBEDDINGS -> {
        to.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(vectors());
        to.position(to.position() + rawBytes(output));
      }
      case STATUS -> to.put(statuses());
    }
  }

  long[] shape(Output output) {
    return output.shape(found.size(), found.width());
  }
}
