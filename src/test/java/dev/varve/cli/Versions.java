package dev.varve.cli;

import dev.varve.learn.ModelConfig;
import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Every vector that a category of one table may ever be served as, folded from the committed logs
 * of updates: what it begins with, and what it is behind each batch. For rows of one dimension, all
 * with their own, served as they are.
 */
final class Versions {
  private final Optimizer optimizer =
      Optimizer.of(OptimizerConfig.defaults(), ModelConfig.defaults().seed());
  private final int dimension = ModelConfig.defaults().dimension();
  private final Map<Long, float[]> states = new HashMap<>();
  private final Map<Long, List<float[]>> vectors = new HashMap<>();
  private final String table;

  Versions(String table) {
    this.table = table;
  }

  /** Folds in the next record of a shard's log. */
  void fold(UpdateBatch batch) {
    for (TableUpdate update : batch.getTablesList()) {
      if (update.getTable().equals(table)) {
        fold(update);
      }
    }
  }

  private void fold(TableUpdate update) {
    FloatBuffer gradients =
        update.getGradients().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    var gradient = new float[3 + dimension];
    for (long key : update.getKeysList()) {
      float[] state =
          states.computeIfAbsent(
              key,
              _ -> {
                float[] first = optimizer.initial(table, key, dimension);
                vectors.computeIfAbsent(key, _ -> new ArrayList<>()).add(vector(first));
                return first;
              });
      gradients.get(gradient);
      optimizer.step(state, 0, dimension, gradient, 0);
      vectors.computeIfAbsent(key, _ -> new ArrayList<>()).add(vector(state));
    }
  }

  private float[] vector(float[] state) {
    return Arrays.copyOfRange(state, 1, 1 + dimension);
  }

  /** When a category had this vector last: how many others it had before; -1 for never. */
  int age(long key, float[] vector) {
    List<float[]> all = vectors.getOrDefault(key, List.of());
    for (int i = all.size() - 1; i >= 0; i--) {
      if (Arrays.equals(all.get(i), vector)) {
        return i;
      }
    }
    return -1;
  }

  /** The vector behind the last batch. */
  float[] newest(long key) {
    return vectors.getOrDefault(key, List.of()).getLast();
  }
}
