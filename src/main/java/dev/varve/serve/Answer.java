package dev.varve.serve;

import java.nio.ByteBuffer;
import java.util.List;

/** The answer to a request, before it is written for a transport. */
abstract sealed class Answer permits LookupAnswer, ScoreAnswer {
  private final RequestHead head;
  private final Freshness freshness;

  Answer(RequestHead head, Freshness freshness) {
    this.head = head;
    this.freshness = freshness;
  }

  /** What is said of an answer beside its tensors. */
  record Parameter(String name, long value) {}

  final RequestHead head() {
    return head;
  }

  /** Layout version that the rows follow. */
  final String version() {
    return Long.toString(freshness.layoutVersion());
  }

  /** The newest event learned before the rows were read, milliseconds since 1970-01-01 UTC. */
  final long watermarkMs() {
    return freshness.watermarkMs();
  }

  final List<Parameter> parameters() {
    return List.of(
        new Parameter("watermark_ms", freshness.watermarkMs()),
        new Parameter("layout_version", freshness.layoutVersion()),
        new Parameter("stale_ms", freshness.staleMs()));
  }

  abstract Datatype datatype(Output output);

  abstract long[] shape(Output output);

  /** How many values an output has. */
  abstract int values(Output output);

  /**
   * Writes an output in its raw form: row-major, little-endian, nothing between the values.
   *
   * @param to little-endian, with room for them
   */
  abstract void putRaw(Output output, ByteBuffer to);

  /** Bytes of an output in its raw form; what may be asked for fits. */
  final int rawBytes(Output output) {
    return values(output) * datatype(output).bytes();
  }
}
