package dev.varve.topology;

import dev.varve.broker.Topics;
import dev.varve.event.ExampleCodec;
import dev.varve.event.FeatureKind;
import dev.varve.event.LimitsConfig;
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
 * The application {@code learn}: examples in; update batches, dense deltas, quality and dead
 * letters out. Reads every version of the dense model and of the layout.
 */
public final class LearnTopology {
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
      Consumer<DenseModel> newest) {
    var bytesOut = new ByteArraySerializer();
    var topology = new Topology();
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
