package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.event.FeaturesConfig;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyDescription.Processor;
import org.apache.kafka.streams.TopologyDescription.Sink;
import org.apache.kafka.streams.TopologyDescription.Source;
import org.apache.kafka.streams.TopologyDescription.Subtopology;
import org.junit.jupiter.api.Test;

/**
 * Which parts there are, what each reads and keeps, and where it writes. A topic that joins two
 * sub-topologies into one would bind their tasks, partitions and failures together.
 */
class TopologyShapeTest {
  @Test
  void theStoreIsTableDenseAndBalance() {
    assertThat(shapes(Parts.storeTopology(Parts.DIMENSION).describe()))
        .containsExactlyInAnyOrder(
            "[varve.updates] -> [embeddings]"
                + " -> [varve.census, varve.dead-letters, varve.updates]",
            "[varve.dense-deltas] -> [dense, dense-commit]"
                + " -> [varve.dead-letters, varve.dense-model]",
            "[varve.census, varve.commands] -> [balance]"
                + " -> [varve.dead-letters, varve.layout, varve.replies, varve.updates]");
  }

  @Test
  void learnIsJoinTrainAndTwoGlobalStores() {
    TopologyDescription learn = new Parts.Learn(FeaturesConfig.defaults(), 32).topology.describe();

    assertThat(shapes(learn))
        .containsExactlyInAnyOrder(
            "[varve.clicks, varve.impressions] -> [join-clock, join-commit, join-waiting]"
                + " -> [varve.dead-letters, varve.examples, varve.joins]",
            "[varve.examples] -> [train-commit] -> [varve.dead-letters, varve.dense-deltas,"
                + " varve.quality, varve.updates]");
    assertThat(learn.globalStores())
        .extracting(store -> store.source().topicSet() + " -> " + store.processor().stores())
        .containsExactlyInAnyOrder(
            "[varve.dense-model] -> [dense-model]", "[varve.layout] -> [layout]");
  }

  /** Topics in, stores, topics out. */
  private static Set<String> shapes(TopologyDescription description) {
    return description.subtopologies().stream()
        .map(TopologyShapeTest::shape)
        .collect(Collectors.toSet());
  }

  private static String shape(Subtopology part) {
    Set<String> in = new TreeSet<>();
    Set<String> stores = new TreeSet<>();
    Set<String> out = new TreeSet<>();
    for (TopologyDescription.Node node : part.nodes()) {
      switch (node) {
        case Source source -> in.addAll(source.topicSet());
        case Processor processor -> stores.addAll(processor.stores());
        case Sink sink -> Optional.ofNullable(sink.topic()).ifPresent(out::add);
        default -> throw new AssertionError("a node of another kind: " + node);
      }
    }
    return in + " -> " + stores + " -> " + out;
  }
}
