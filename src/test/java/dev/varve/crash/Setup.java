package dev.varve.crash;

import dev.varve.base.Bytes;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import dev.varve.layout.Allocator;
import dev.varve.layout.Budget;
import dev.varve.layout.Every;
import dev.varve.layout.RebalanceConfig;
import dev.varve.layout.TailKind;
import dev.varve.learn.OptimizerConfig;
import dev.varve.store.RocksDbOptions;
import dev.varve.store.StoreConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What the store is configured with: by default, but for what makes commits and evictions many. */
public final class Setup {
  public static final int SHARDS = 4;
  public static final int DIMENSION = 8;
  public static final long MODEL_SEED = 11;
  public static final OptimizerConfig OPTIMIZER = OptimizerConfig.defaults();

  /** The least memory: some 2,000 rows a shard fit. */
  public static final StoreConfig STORE =
      new StoreConfig(
          1,
          Duration.ofMillis(50),
          Bytes.mib(1),
          Bytes.mib(1),
          Bytes.mib(1),
          Bytes.mib(1),
          Duration.ofMinutes(10),
          Duration.ofSeconds(2));

  /** Steps as small as can be, so that a sweep lasts; and much may grow before it is held back. */
  public static final RebalanceConfig REBALANCE =
      new RebalanceConfig(
          Budget.NONE,
          new Every(1_000_000_000, Every.Clock.EXAMPLES),
          0.001,
          Allocator.Kind.POWER,
          0.75,
          List.of(1, 2, 4, 8),
          0.1,
          0,
          Map.of(),
          Map.of(),
          0.5,
          Duration.ofHours(1),
          0,
          Duration.ofMinutes(10),
          Duration.ofMillis(1),
          TailKind.NONE,
          1024,
          4);

  /** Rows between two {@link Marker#MOVED}. */
  public static final int ROWS_A_MARK = 200;

  /** RocksDB writes a file, with rows not yet committed, in about every other life of a process. */
  private static final Map<String, String> PROPERTIES =
      Map.of(RocksDbOptions.WRITE_BUFFER_BYTES, Integer.toString(256 << 10));

  public static final KafkaConfig KAFKA =
      new KafkaConfig(
          "", 9092, "varve", 1, SHARDS, 1, Duration.ofDays(7), "varve-1", "", 0, PROPERTIES);

  static final Topics TOPICS = new Topics(KAFKA);

  private Setup() {}
}
