package dev.varve.learn;

import dev.varve.event.FeatureSet;
import dev.varve.event.KeyedExample;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Predicts examples that nobody learns from, as a trainer of this process would predict them at
 * that moment: with its own steps that the tables lack, and the dense model as it is.
 *
 * <p><b>Threads:</b> any; a call has a {@link Predictor} of its own while it lasts.
 *
 * <p><b>Errors:</b> as {@link Rows}: it waits for a shard that is starting or moving.
 */
public final class LivePredictions {
  private static final int TOGETHER = 512;

  private final int shards;
  private final int dimension;
  private final Trainer.Shared shared;

  /** As many as calls ever were at once. */
  private final Queue<Predictor> idle = new ConcurrentLinkedQueue<>();

  /**
   * @param shards number of shards
   * @param dimension width D of a vector
   */
  public LivePredictions(int shards, int dimension, Trainer.Shared shared) {
    this.shards = shards;
    this.dimension = dimension;
    this.shared = shared;
  }

  /** What examples may name. */
  public FeatureSet features() {
    return shared.features();
  }

  /** The log-odds of a click of each example; not finite where weights are out of bounds. */
  public float[] logits(List<KeyedExample> examples) {
    Predictor free = idle.poll();
    Predictor predictor = free == null ? new Predictor(shards, dimension, shared) : free;
    float[] logits = new float[examples.size()];
    int done = 0;
    for (KeyedExample example : examples) {
      predictor.add(example, "");
      if (predictor.isFull(TOGETHER)) {
        done = predict(predictor, logits, done);
      }
    }
    if (predictor.size() > 0) {
      predict(predictor, logits, done);
    }
    // One that threw is not used again.
    idle.add(predictor);
    return logits;
  }

  private static int predict(Predictor predictor, float[] logits, int from) {
    predictor.predict();
    int end = from + predictor.size();
    for (int i = from; i < end; i++) {
      logits[i] = predictor.logit(i - from);
    }
    predictor.clear();
    return end;
  }
}
