package dev.varve.bench;

import com.google.protobuf.ByteString;
import dev.varve.event.Category;
import dev.varve.learn.Gradient;
import dev.varve.learn.Optimizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * The rows that are served: the ids 0 to n - 1 of one table, each with the vector that a row begins
 * with. Their gradients are zero, so that whoever is answered knows what the answer must be.
 *
 * <p><b>Threads:</b> any; nothing here changes.
 */
final class ServedRows implements UpdateSender.Gradients {
  static final String TABLE = UpdateSender.TABLE;
  static final int WIDTH = Settings.DIMENSION;
  static final int VECTOR_BYTES = WIDTH * Float.BYTES;

  private static final int LENGTH = Gradient.length(WIDTH);

  private final int rows;
  private final Optimizer optimizer;

  ServedRows(int rows, Optimizer optimizer) {
    this.rows = rows;
    this.optimizer = optimizer;
  }

  int rows() {
    return rows;
  }

  /** The category of an id. */
  static long key(int id) {
    return Category.key((long) id);
  }

  @Override
  public ByteString of(long[] keys, int n) {
    return ByteString.copyFrom(new byte[n * LENGTH * Float.BYTES]);
  }

  /** Writes the vector of an id as little-endian floats. */
  void putVector(int id, ByteBuffer to) {
    float[] state = optimizer.initial(TABLE, key(id), WIDTH);
    to.order(ByteOrder.LITTLE_ENDIAN);
    for (int j = 0; j < WIDTH; j++) {
      // A row's first float is its linear weight.
      to.putFloat(state[1 + j]);
    }
  }

  /** The vectors of ids, one after the other, as little-endian floats. */
  byte[] vectors(int[] ids) {
    ByteBuffer vectors = ByteBuffer.allocate(ids.length * VECTOR_BYTES);
    for (int id : ids) {
      putVector(id, vectors);
    }
    return vectors.array();
  }

  /** Ids, each with the same probability. */
  int[] draw(int n, SplittableRandom random) {
    return random.ints(n, 0, rows).toArray();
  }
}
