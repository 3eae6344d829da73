package dev.varve.cli;

import dev.varve.broker.KafkaConfig;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.TrainConfig;
import dev.varve.serve.ServeConfig;
import dev.varve.store.StoreConfig;

/** The whole configuration; each section belongs to the package that it configures. */
public record VarveConfig(
    FeaturesConfig features,
    LimitsConfig limits,
    ModelConfig model,
    OptimizerConfig optimizer,
    TrainConfig train,
    StoreConfig store,
    KafkaConfig kafka,
    ServeConfig serve) {

  /** What {@code varve up} runs with when nothing is configured. */
  public static VarveConfig defaults() {
    return new VarveConfig(
        FeaturesConfig.defaults(),
        LimitsConfig.defaults(),
        ModelConfig.defaults(),
        OptimizerConfig.defaults(),
        TrainConfig.defaults(),
        StoreConfig.defaults(),
        KafkaConfig.defaults(),
        ServeConfig.defaults());
  }
}
