package dev.varve.serve;

import dev.varve.base.Check;
import dev.varve.store.Vectors;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/** The answer to a lookup. */
final class LookupAnswer extends Answer {
  private final Vectors found;
  private final long[] shape;

  /**
   * An answer.
   *
   * @param shape of what was found: [n], or [n, k] where that was not pooled
   */
  LookupAnswer(RequestHead head, Freshness freshness, Vectors found, long[] shape) {
    super(head, freshness);
    this.found = found;
    this.shape = shape;
  }

  Vectors found() {
    return found;
  }

  @Override
  Datatype datatype(Output output) {
    return switch (output) {
      case EMBEDDINGS -> head().parameters().datatype();
      case STATUS -> Datatype.INT8;
      case DIMS -> Datatype.INT32;
      case EVENT_TIME_MS -> Datatype.INT64;
      case PROBABILITY -> throw none(output);
    };
  }

  @Override
  long[] shape(Output output) {
    if (output != Output.EMBEDDINGS) {
      return shape;
    }
    long[] ofVectors = Arrays.copyOf(shape, shape.length + 1);
    ofVectors[shape.length] = found.width();
    return ofVectors;
  }

  @Override
  int values(Output output) {
    return output == Output.EMBEDDINGS ? found.vectors().length : found.size();
  }

  @Override
  void putRaw(Output output, ByteBuffer to) {
    switch (output) {
      case EMBEDDINGS -> putVectors(to);
      case STATUS -> to.put(found.statuses());
      case DIMS -> to.asIntBuffer().put(found.dimensions());
      case EVENT_TIME_MS -> to.asLongBuffer().put(Objects.requireNonNull(found.timesMs()));
      case PROBABILITY -> throw none(output);
    }
    if (output != Output.STATUS) {
      to.position(to.position() + rawBytes(output));
    }
  }

  private static IllegalArgumentException none(Output output) {
    return new IllegalArgumentException(
        Check.message("output", output.text(), "one of those that a lookup has"));
  }

  private void putVectors(ByteBuffer to) {
    float[] vectors = found.vectors();
    if (datatype(Output.EMBEDDINGS) == Datatype.FP32) {
      to.asFloatBuffer().put(vectors);
      return;
    }
    short[] halves = new short[vectors.length];
    for (int i = 0; i < vectors.length; i++) {
      halves[i] = Datatype.fp16(vectors[i]);
    }
    to.asShortBuffer().put(halves);
  }
}
