package dev.varve.topology;

import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import dev.varve.event.FeatureSet;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.join.JoinConfig;
import dev.varve.join.JoinWindow;
import dev.varve.layout.RebalanceConfig;
import dev.varve.learn.Adagrad;
import dev.varve.learn.DenseReplica;
import dev.varve.learn.InFlight;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.QualityWindow;
import dev.varve.learn.Rows;
import dev.varve.learn.TopCategories;
import dev.varve.learn.Trainer;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Example;
import dev.varve.schema.Explanation;
import dev.varve.schema.Feature;
import dev.varve.store.EmbeddingStore;
import dev.varve.store.StoreConfig;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowKeys;
import dev.varve.testing.StreamsDriver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.streams.Topology;

/** Both applications, put together as the process does it, but without a broker. */
final class Parts {
  static final int DIMENSION = 4;
  static final Topics TOPICS = new Topics(KafkaConfig.defaults());
  static final Adagrad OPTIMIZER = new Adagrad(OptimizerConfig.defaults(), 1);

  private static final ModelConfig MODEL =
      new ModelConfig(
          DIMENSION,
          ModelConfig.HeadKind.FM,
          List.of(),
          List.of(),
          ModelConfig.BasisKind.LEARNED,
          1);
  static final Duration CENSUS_EVERY = Duration.ofSeconds(2);
  static final long TIME_MS = 1_700_000_000_000L;

  private static final int SHARDS = TOPICS.config().shards();

  private Parts() {}

  /** Tables without rows. */
  private static final class NoRows implements Rows {
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
      Arrays.fill(dimensions, 0, keys.size(), ResidentRows.ABSENT);
      Arrays.fill(found, 0, keys.size(), ResidentRows.ABSENT);
    }
  }

  /** A trainer's application, and what its trainers share. */
  static final class Learn {
    final LayoutView layout = new LayoutView();
    final QualityWindow quality = new QualityWindow(1_000);
    final JoinWindow joins = new JoinWindow(Duration.ofMinutes(10));
    final TopCategories top = new TopCategories(new Popularity(60_000));
    final DenseReplica dense = new DenseReplica(OPTIMIZER);
    final List<DenseModel> models = new CopyOnWriteArrayList<>();
    final Topology topology;

    Learn(FeaturesConfig features, int batchSize) {
      this(features, batchSize, JoinConfig.defaults());
    }

    Learn(FeaturesConfig features, int batchSize, JoinConfig join) {
      var shared =
          new Trainer.Shared(
              new FeatureSet(features),
              new NoRows(),
              new InFlight(2 * (1 + DIMENSION), 1_000),
              dense,
              OPTIMIZER,
              MODEL);
      var settings =
          new TrainProcessor.Settings(
              batchSize, SHARDS, DIMENSION, Duration.ofMillis(1), layout, quality, top);
      topology =
          LearnTopology.build(
              TOPICS, LimitsConfig.defaults(), shared, settings, joiner(join), models::add);
    }

    private JoinProcessor.Settings joiner(JoinConfig join) {
      return new JoinProcessor.Settings(join, TOPICS.impressions(), 1, 1, joins);
    }

    StreamsDriver start(Path folder) {
      return new StreamsDriver(topology, settings(TOPICS.learnApplication()), folder);
    }
  }

  static Topology storeTopology(int dimension) {
    return storeTopology(dimension, new Popularity(60_000));
  }

  private static Topology storeTopology(int dimension, Popularity decay) {
    var settings = new EmbeddingStore.Settings(dimension, OPTIMIZER, decay, 1 << 20, 1 << 16);
    return StoreTopology.build(
        TOPICS,
        settings,
        CENSUS_EVERY,
        RebalanceConfig.defaults(),
        (table, id) -> Explanation.newBuilder().setTable(table).setId(id).build());
  }

  static StreamsDriver startStore(Path folder) {
    return new StreamsDriver(storeTopology(DIMENSION), settings(TOPICS.storeApplication()), folder);
  }

  /** With another half-life all rows are swept again. */
  static StreamsDriver startStore(Path folder, long halfLifeMs) {
    return new StreamsDriver(
        storeTopology(DIMENSION, new Popularity(halfLifeMs)),
        settings(TOPICS.storeApplication()),
        folder);
  }

  static Properties settings(String application) {
    return StreamsSettings.of(
        application,
        "localhost:9092",
        TOPICS.config(),
        StoreConfig.defaults(),
        Path.of("state"),
        1,
        Duration.ofSeconds(1));
  }

  static Feature.Builder ids(String feature, String... ids) {
    return Feature.newBuilder().setName(feature).addAllIds(List.of(ids));
  }

  static Feature.Builder value(String feature, double value) {
    return Feature.newBuilder().setName(feature).setValue(value);
  }

  static Example example(Feature.Builder... features) {
    var example = Example.newBuilder().setEventTimeMs(TIME_MS).setLabel(1);
    for (Feature.Builder feature : features) {
      example.addFeatures(feature);
    }
    return example.build();
  }
}
