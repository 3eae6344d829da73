package dev.varve.bench;

import com.google.protobuf.ByteString;
import dev.varve.learn.Gradient;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** Cuts gradients from as many different ones as no cache line remembers. */
final class PooledGradients implements UpdateSender.Gradients {
  private static final int POOL_ROWS = 1 << 14;
  private static final int ROW_BYTES = Float.BYTES * Gradient.length(Settings.DIMENSION);

  private final SplittableRandom random;
  private final byte[] pool;

  PooledGradients(Settings settings) {
    float[] floats = UpdateWork.gradients(POOL_ROWS + settings.batch(), settings.seed());
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * floats.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(floats);
    pool = bytes.array();
    random = new SplittableRandom(settings.seed());
  }

  @Override
  public ByteString of(long[] keys, int n) {
    int from = random.nextInt(POOL_ROWS) * ROW_BYTES;
    return ByteString.copyFrom(pool, from, n * ROW_BYTES);
  }
}
