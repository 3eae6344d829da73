package dev.varve.serve;

import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import dev.varve.event.FeaturesConfig;
import dev.varve.learn.DenseReplica;
import dev.varve.learn.InFlight;
import dev.varve.learn.LivePredictions;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.Predictor;
import dev.varve.learn.Rows;
import dev.varve.learn.Trainer;
import dev.varve.store.ShardUnavailableException;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowKeys;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A model that has learned: two thirds of all categories have rows, with floats of their own.
 *
 * <p>Features: {@code user}, {@code item} and {@code tag} are categorical, {@code price} and {@code
 * age} numerical.
 */
final class FakeRows implements Rows {
  static final int SHARDS = 2;
  static final int DIMENSION = ModelConfig.defaults().dimension();

  private static final long TABLE_SEED = 31;

  private final Trainer.Shared shared;
  private volatile boolean isAway;
  private volatile boolean isPoisoned;

  /** Takes any feature. */
  FakeRows() {
    this(FeaturesConfig.defaults());
  }

  FakeRows(FeaturesConfig config) {
    var features = new FeatureSet(config);
    for (String name : new String[] {"user", "item", "tag"}) {
      features.restore(name, FeatureKind.CATEGORICAL);
    }
    features.restore("price", FeatureKind.NUMERICAL);
    features.restore("age", FeatureKind.NUMERICAL);
    Optimizer optimizer = Optimizer.of(OptimizerConfig.defaults(), 1);
    int width = optimizer.encoding().stateLength(DIMENSION);
    shared =
        new Trainer.Shared(
            features,
            this,
            new InFlight(width, 1_000),
            new DenseReplica(optimizer.dense()),
            optimizer,
            ModelConfig.defaults());
  }

  /** Features that are not declared are refused. */
  static FakeRows closed() {
    return new FakeRows(new FeaturesConfig(100, true, Map.of("user", FeatureKind.CATEGORICAL)));
  }

  FeatureSet features() {
    return shared.features();
  }

  LivePredictions predictions() {
    return new LivePredictions(SHARDS, DIMENSION, shared);
  }

  Predictor predictor() {
    return new Predictor(SHARDS, DIMENSION, shared);
  }

  /** From now on no shard is there. */
  void leave() {
    isAway = true;
  }

  /** From now on rows are no numbers. */
  void poison() {
    isPoisoned = true;
  }

  @Override
  public long applied(int shard, int trainer) {
    return 0;
  }

  @Override
  public void read(
      int shard,
      RowKeys keys,
      long atMs,
      float[] states,
      int width,
      int[] dimensions,
      int[] found,
      float[] popularities) {
    if (isAway) {
      throw new ShardUnavailableException(shard, "restoring");
    }
    for (int i = 0; i < keys.size(); i++) {
      boolean isRow = keys.category(i) % 3 != 0;
      dimensions[i] = isRow ? DIMENSION : ResidentRows.ABSENT;
      found[i] = dimensions[i];
      popularities[i] = 0;
      Arrays.fill(states, i * width, (i + 1) * width, isPoisoned ? Float.NaN : 0);
      var random = new SplittableRandom(keys.category(i) + TABLE_SEED * keys.table(i).hashCode());
      for (int j = 0; isRow && !isPoisoned && j < 1 + DIMENSION; j++) {
        states[i * width + j] = (float) random.nextDouble(-0.5, 0.5);
      }
    }
  }
}
