package dev.varve.topology;

import dev.varve.broker.Topics;
import dev.varve.event.ExampleCodec;
import dev.varve.event.FeatureKind;
import dev.varve.event.LimitsConfig;
import dev.varve.learn.Predictor;
import dev.varve.learn.Trainer;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Layout;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.Stores;

/**
 * The application {@code learn}: impressions and clicks in, joined to examples; examples in, update
 * batches, dense deltas and quality out; of both, dead letters. Reads every version of the dense
 * model and of the layout.
 */
public final class LearnTopology {
  private static final String IMPRESSIONS = "impressions";
  private static final String CLICKS = "clicks";
  private static final String JOIN = "join";
  private static final String EXAMPLES = "examples";
  private static final String TRAIN = "train";

  private LearnTopology() {}

  /**
   * Builds the topology over what the trainers of this process share.
   *
   * @param newest receives each version of the dense model
   */
  static Topology build(
      Topics topics,
      LimitsConfig limits,
      Trainer.Shared shared,
      TrainProcessor.Settings train,
      JoinProcessor.Settings join,
      Consumer<DenseModel> newest) {
    var bytesOut = new ByteArraySerializer();
    var topology = new Topology();
    addJoin(topology, topics, limits, shared, train, join);
    topology.addSource(
        EXAMPLES, new ByteArrayDeserializer(), new ByteArrayDeserializer(), topics.examples());
    topology.addProcessor(
        TRAIN,
        () -> new TrainProcessor(train, new ExampleCodec(limits, shared.features()), shared),
        EXAMPLES);
    topology.addStateStore(new CommitHook.Builder(TrainProcessor.HOOK), TRAIN);
    topology.addSink(
        TrainProcessor.UPDATES,
        topics.updates(),
        bytesOut,
        bytesOut,
        new ShardPartitioner(),
        TRAIN);
    topology.addSink(TrainProcessor.DENSE_DELTAS, topics.denseDeltas(), bytesOut, bytesOut, TRAIN);
    topology.addSink(TrainProcessor.QUALITY, topics.quality(), bytesOut, bytesOut, TRAIN);
    topology.addSink(TrainProcessor.DEAD_LETTERS, topics.deadLetters(), bytesOut, bytesOut, TRAIN);
    addGlobal(
        topology,
        "dense-model",
        topics.denseModel(),
        () ->
            new GlobalProcessor<>(
                "dense-model", DenseModel.parser(), model -> takeIn(model, shared, newest)));
    addGlobal(
        topology,
        "layout",
        topics.layout(),
        () -> new GlobalProcessor<>("layout", Layout.parser(), train.layout()::accept));
    return topology;
  }

  private static void addJoin(
      Topology topology,
      Topics topics,
      LimitsConfig limits,
      Trainer.Shared shared,
      TrainProcessor.Settings train,
      JoinProcessor.Settings join) {
    var bytesOut = new ByteArraySerializer();
    topology.addSource(
        IMPRESSIONS,
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer(),
        topics.impressions());
    topology.addSource(
        CLICKS, new ByteArrayDeserializer(), new ByteArrayDeserializer(), topics.clicks());
    topology.addProcessor(
        JOIN,
        () -> {
          var predictor = new Predictor(train.shards(), train.dimension(), shared);
          return new JoinProcessor(
              join, limits, new ShownPredictions(limits, predictor, shared.features()));
        },
        IMPRESSIONS,
        CLICKS);
    topology.addStateStore(WindowedEvents.builder(JoinProcessor.WAITING, join.config()), JOIN);
    topology.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore(JoinProcessor.CLOCK), Serdes.Bytes(), Serdes.ByteArray()),
        JOIN);
    topology.addStateStore(new CommitHook.Builder(JoinProcessor.HOOK), JOIN);
    topology.addSink(JoinProcessor.EXAMPLES, topics.examples(), bytesOut, bytesOut, JOIN);
    topology.addSink(JoinProcessor.REPORTS, topics.joins(), bytesOut, bytesOut, JOIN);
    topology.addSink(JoinProcessor.DEAD_LETTERS, topics.deadLetters(), bytesOut, bytesOut, JOIN);
  }

  /** A numerical feature that is learned already stays known, whatever features.max says now. */
  private static void takeIn(DenseModel model, Trainer.Shared shared, Consumer<DenseModel> newest) {
    shared.dense().fold(model);
    newest.accept(model);
    shared
        .dense()
        .numericals()
        .forEach(name -> shared.features().restore(name, FeatureKind.NUMERICAL));
  }

  private static void addGlobal(
      Topology topology,
      String name,
      String topic,
      ProcessorSupplier<byte[], byte[], Void, Void> processor) {
    topology.addGlobalStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(name), Serdes.ByteArray(), Serdes.ByteArray())
            .withLoggingDisabled(),
        name + "-source",
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer(),
        topic,
        name + "-processor",
        processor);
  }
}
