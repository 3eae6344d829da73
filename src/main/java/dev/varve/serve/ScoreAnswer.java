package dev.varve.serve;

import java.nio.ByteBuffer;

/** The probabilities that were predicted for examples. Owns its array. */
final class ScoreAnswer extends Answer {
  private final float[] probabilities;

  ScoreAnswer(RequestHead head, Freshness freshness, float[] probabilities) {
    super(head, freshness);
    this.probabilities = probabilities;
  }

  @Override
  Datatype datatype(Output output) {
    return Datatype.FP32;
  }

  @Override
  long[] shape(Output output) {
    return new long[] {probabilities.length};
  }

  @Override
  int values(Output output) {
    return probabilities.length;
  }

  @Override
  void putRaw(Output output, ByteBuffer to) {
    to.asFloatBuffer().put(probabilities);
    to.position(to.position() + rawBytes(output));
  }
}
