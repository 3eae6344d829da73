package dev.varve.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.varve.base.Check;
import dev.varve.bench.FollowReport.BudgetUse;
import dev.varve.bench.FollowReport.Followed;
import dev.varve.broker.Topics;
import dev.varve.layout.Balance;
import dev.varve.layout.Oracle;
import dev.varve.layout.RebalanceConfig;
import dev.varve.layout.RowCost;
import dev.varve.schema.Census;
import dev.varve.schema.Layout;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleConsumer;

/**
 * {@code varve bench follow}: how well have the layouts of a running Varve followed popularity? By
 * the log of its updates, which says for each occurrence which dimension it found, and what came in
 * the hour behind it; and by the censuses, how much of the budget was used.
 *
 * <p><b>Threads:</b> one.
 */
public final class FollowBench {
  /**
   * What it reads, and how.
   *
   * @param clients settings of Kafka's clients, with the brokers
   * @param dimension D, the widest
   * @param decay of popularity, as the store counts it
   * @param costs of rows
   * @param rebalance how layouts are made
   * @param warmUp event time at the beginning that is not judged
   * @param tables to judge; all where none is named
   */
  public record Setup(
      Map<String, Object> clients,
      Topics topics,
      int dimension,
      Popularity decay,
      RowCost.Both costs,
      RebalanceConfig rebalance,
      Duration warmUp,
      Collection<String> tables) {}

  private final Setup setup;

  public FollowBench(Setup setup) {
    this.setup = setup;
  }

  /**
   * Reads both topics.
   *
   * @param progress is told which share of the updates is read
   */
  public FollowReport run(DoubleConsumer progress) {
    int count = shards();
    HourlyOracle oracle = known(count, progress);
    List<FollowedShard> shards = updates(count, oracle, progress);
    Map<Long, Layout> layouts = new HashMap<>();
    Map<String, Followed> tables = new TreeMap<>();
    long judged = 0;
    long unjudged = 0;
    long late = 0;
    for (FollowedShard shard : shards) {
      shard.end();
      layouts.putAll(shard.layouts());
      shard.followed().forEach((name, part) -> tables.merge(name, part, Followed::plus));
      judged += shard.judged();
      unjudged += shard.unjudged();
      late += shard.late();
    }
    if (!setup.tables.isEmpty()) {
      requireKnown(tables);
      tables.keySet().retainAll(setup.tables);
    }
    Followed all = tables.values().stream().reduce(Followed.NONE, Followed::plus);
    return new FollowReport(
        new TreeMap<>(tables),
        all,
        judged,
        unjudged,
        late,
        layouts.size(),
        budgets(layouts, shards));
  }

  private void requireKnown(Map<String, Followed> tables) {
    for (String name : setup.tables) {
      Check.that(tables.containsKey(name), "table", name, "one of " + tables.keySet());
    }
  }

  private int shards() {
    try (var reader = new TopicReader(setup.clients, setup.topics.updates())) {
      return reader.partitions();
    }
  }

  /** Reads all updates, for who knows them all. */
  private HourlyOracle known(int shards, DoubleConsumer progress) {
    var oracle =
        new HourlyOracle(
            setup.dimension,
            shards,
            setup.decay,
            new Oracle(
                new Balance.Setup(
                    setup.dimension,
                    shards,
                    setup.decay.halfLifeMs(),
                    setup.costs,
                    1,
                    setup.rebalance)));
    readUpdates(oracle::take, share -> progress.accept(share / 2));
    oracle.end();
    return oracle;
  }

  /** Reads them again, and judges. */
  private List<FollowedShard> updates(int count, HourlyOracle oracle, DoubleConsumer progress) {
    List<FollowedShard> shards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shards.add(new FollowedShard(setup.dimension, setup.decay, setup.warmUp, oracle));
    }
    readUpdates(
        (shard, batch) -> shards.get(shard).take(batch), share -> progress.accept((1 + share) / 2));
    return shards;
  }

  @FunctionalInterface
  private interface Taker {
    void take(int shard, UpdateBatch batch);
  }

  private void readUpdates(Taker taker, DoubleConsumer progress) {
    try (var reader = new TopicReader(setup.clients, setup.topics.updates())) {
      boolean isMore = true;
      while (isMore) {
        isMore =
            reader.read((shard, value) -> taker.take(shard, parse(UpdateBatch.parser(), value)));
        progress.accept(reader.share());
      }
    }
  }

  private List<BudgetUse> budgets(Map<Long, Layout> layouts, List<FollowedShard> shards) {
    var watch =
        new BudgetWatch(
            layouts,
            shards.size(),
            setup.costs,
            setup.dimension,
            ms -> shards.stream().mapToLong(shard -> shard.categories(ms)).sum());
    try (var reader = new TopicReader(setup.clients, setup.topics.census())) {
      boolean isMore = true;
      while (isMore) {
        isMore = reader.read((_, value) -> watch.take(parse(Census.parser(), value)));
      }
    }
    return watch.uses();
  }

  private static <T extends Message> T parse(Parser<T> parser, byte[] value) {
    try {
      return parser.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          Check.message("record", value.length + " unreadable bytes", "what Varve wrote"), e);
    }
  }
}
