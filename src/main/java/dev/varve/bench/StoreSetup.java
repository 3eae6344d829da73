package dev.varve.bench;

import dev.varve.base.Bytes;
import dev.varve.broker.KafkaConfig;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.join.JoinConfig;
import dev.varve.layout.RebalanceConfig;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.learn.TrainConfig;
import dev.varve.store.StoreConfig;
import dev.varve.topology.Applications;

/**
 * The configuration of a store that is measured: by default, but with memory for all rows, and
 * rowwise.
 */
final class StoreSetup {
  private StoreSetup() {}

  static Applications.Config config(Settings settings, KafkaConfig kafka) {
    return new Applications.Config(
        FeaturesConfig.defaults(),
        LimitsConfig.defaults(),
        JoinConfig.defaults(),
        ModelConfig.defaults(),
        OptimizerConfig.defaults().with(OptimizerKind.ROWWISE_ADAGRAD),
        TrainConfig.defaults(),
        store(settings),
        RebalanceConfig.defaults(),
        kafka);
  }

  private static StoreConfig store(Settings settings) {
    StoreConfig usual = StoreConfig.defaults();
    // Shards are of unlike size.
    long bytes = 2 * settings.population(Settings.DIMENSION).bytes();
    return new StoreConfig(
        usual.threads(),
        usual.commitInterval(),
        new Bytes(bytes),
        usual.blockCache(),
        usual.writeBuffer(),
        usual.sketch(),
        usual.popularityHalfLife(),
        usual.censusEvery());
  }
}
