package dev.varve.cli;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import dev.varve.cluster.PeersConfig;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.join.JoinConfig;
import dev.varve.layout.RebalanceConfig;
import dev.varve.layout.TailKind;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.ModelConfig.HeadKind;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.TrainConfig;
import dev.varve.serve.ServeConfig;
import dev.varve.store.StoreConfig;
import dev.varve.table.ResidentRows;

/** The whole configuration; each section belongs to the package that it configures. */
public record VarveConfig(
    FeaturesConfig features,
    LimitsConfig limits,
    JoinConfig join,
    ModelConfig model,
    OptimizerConfig optimizer,
    TrainConfig train,
    StoreConfig store,
    RebalanceConfig rebalance,
    KafkaConfig kafka,
    ServeConfig serve,
    PeersConfig peers) {
  public VarveConfig {
    var least = new Bytes(kafka.shards() * ResidentRows.LEAST_BYTES);
    Check.that(
        store.cache().count() >= least.count(),
        "store.cache",
        store.cache(),
        "at least %s, %s for each of kafka.shards = %d"
            .formatted(least, new Bytes(ResidentRows.LEAST_BYTES), kafka.shards()));
    Check.that(
        model.head() != HeadKind.DLRM
            || model.dlrmBytes(features.max()) <= Topics.LARGEST_MODEL_BYTES,
        "features.max",
        features.max(),
        ("fewer for model.top = %s: the head dlrm has weights for every pair, and a version of them"
                + " takes up to %,d bytes, of at most %s")
            .formatted(
                model.top(),
                model.dlrmBytes(features.max()),
                new Bytes(Topics.LARGEST_MODEL_BYTES)));
    Check.that(
        !rebalance.levels(model.dimension()).isEmpty(),
        "rebalance.levels",
        rebalance.levels(),
        "one at least that is at most model.dimension = %d".formatted(model.dimension()));
    Check.that(
        rebalance.tail() == TailKind.NONE || rebalance.tailDimension() <= model.dimension(),
        "rebalance.tail-dimension",
        rebalance.tailDimension(),
        "at most model.dimension = %d".formatted(model.dimension()));
    Check.that(
        rebalance.minDimension().values().stream().allMatch(d -> d <= model.dimension()),
        "rebalance.min-dimension",
        rebalance.minDimension(),
        "at most model.dimension = %d".formatted(model.dimension()));
  }

  /** What {@code varve up} runs with when nothing is configured. */
  public static VarveConfig defaults() {
    return new VarveConfig(
        FeaturesConfig.defaults(),
        LimitsConfig.defaults(),
        JoinConfig.defaults(),
        ModelConfig.defaults(),
        OptimizerConfig.defaults(),
        TrainConfig.defaults(),
        StoreConfig.defaults(),
        RebalanceConfig.defaults(),
        KafkaConfig.defaults(),
        ServeConfig.defaults(),
        PeersConfig.defaults());
  }
}
