package dev.varve.topology;

import dev.varve.layout.CensusMerge;
import dev.varve.schema.Census;
import dev.varve.schema.Layout;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** What the balance part keeps: the layout in force and each shard's newest census. */
final class BalanceState {
  static final String STORE = "balance";

  private static final String LAYOUT = "layout";
  private static final String CENSUS = "census/";

  private final KeyValueStore<String, byte[]> store;

  BalanceState(ProcessorContext<?, ?> context) {
    this.store = context.getStateStore(STORE);
  }

  @Nullable Layout layout() {
    byte[] layout = store.get(LAYOUT);
    return layout == null ? null : Messages.own(Layout.parser(), layout);
  }

  void put(Layout layout) {
    store.put(LAYOUT, layout.toByteArray());
  }

  void put(Census census) {
    store.put(CENSUS + census.getShard(), census.toByteArray());
  }

  CensusMerge census() {
    var merge = new CensusMerge();
    // '0' is the character behind '/'.
    try (KeyValueIterator<String, byte[]> all = store.range(CENSUS, "census0")) {
      while (all.hasNext()) {
        merge.put(Messages.own(Census.parser(), all.next().value));
      }
    }
    return merge;
  }
}
