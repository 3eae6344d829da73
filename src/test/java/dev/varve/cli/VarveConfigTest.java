package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.base.Bytes;
import dev.varve.broker.KafkaConfig;
import dev.varve.cluster.PeersConfig;
import dev.varve.config.ConfigException;
import dev.varve.config.ConfigReader;
import dev.varve.config.Setting;
import dev.varve.config.Sources;
import dev.varve.event.FeatureKind;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.join.JoinConfig;
import dev.varve.layout.Allocator;
import dev.varve.layout.Budget;
import dev.varve.layout.Every;
import dev.varve.layout.RebalanceConfig;
import dev.varve.layout.TailKind;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.learn.TrainConfig;
import dev.varve.schema.BudgetUnit;
import dev.varve.serve.ServeConfig;
import dev.varve.store.StoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VarveConfigTest {
  private final ConfigReader<VarveConfig> reader = ConfigReader.of(VarveConfig.defaults());

  @Test
  void theDefaultsAreTheDocumentedOnes() {
    assertThat(reader.load(Sources.none()).settings())
        .extracting(setting -> setting.key() + "=" + setting.value())
        .containsExactlyElementsOf(
            """
            features.max=256
            features.closed=false
            features.declared=
            limits.event-bytes=1MiB
            limits.id-bytes=4KiB
            limits.ids-per-feature=1024
            join.window=10m
            join.late=1h
            join.negatives=1.0
            join.waiting=1GiB
            model.dimension=16
            model.head=fm
            model.bottom=64
            model.top=32,32
            model.basis=learned
            model.seed=1
            optimizer.kind=adagrad
            optimizer.rate=0.12
            optimizer.linear-rate=0.7
            optimizer.basis-rate=0.05
            optimizer.dense-rate=0.01
            optimizer.initial-accumulator=0.1
            optimizer.initial-scale=0.01
            optimizer.clip-norm=0.0
            optimizer.clip-weight=100.0
            optimizer.warm-up=0
            optimizer.halve-every=0
            optimizer.least-share=0.1
            train.batch-size=32
            train.threads=1
            train.commit-interval=100ms
            train.shard-wait=5s
            store.threads=1
            store.commit-interval=1s
            store.cache=256MiB
            store.block-cache=64MiB
            store.write-buffer=16MiB
            store.sketch=16MiB
            store.popularity-half-life=1d
            store.census-every=2s
            rebalance.budget=none
            rebalance.every=10000 examples
            rebalance.min-gain=0.001
            rebalance.allocator=power
            rebalance.alpha=0.75
            rebalance.levels=1,2,4,8,16,32,64,128
            rebalance.hysteresis=0.1
            rebalance.kappa=1.0
            rebalance.min-dimension=
            rebalance.max-dimension=
            rebalance.growth=0.01
            rebalance.keep=1h
            rebalance.expire=0.01
            rebalance.plan-ttl=10m
            rebalance.step=5ms
            rebalance.tail=none
            rebalance.tail-rows=1024
            rebalance.tail-dimension=4
            kafka.bootstrap=
            kafka.port=9092
            kafka.prefix=varve
            kafka.partitions=4
            kafka.shards=4
            kafka.replication=1
            kafka.retention=7d
            kafka.instance=varve-1
            kafka.address=
            kafka.standbys=0
            kafka.properties=
            serve.host=127.0.0.1
            serve.http-port=8000
            serve.grpc-port=8001
            serve.tls-certificate=
            serve.tls-key=
            serve.tokens=
            serve.max-ids=65536
            serve.max-body=16MiB
            serve.max-concurrent=1024
            serve.request-timeout=10s
            serve.max-staleness=10m
            serve.score-model=score
            peers.ca=
            peers.token=
            """
                .lines()
                .toList());
  }

  private static final String OTHERS =
      """
      features.max=10
      features.closed=true
      features.declared=age=numerical,user_id=categorical
      limits.event-bytes=2MiB
      limits.id-bytes=64
      limits.ids-per-feature=7
      join.window=30m
      join.late=2h
      join.negatives=0.5
      join.waiting=64MiB
      model.dimension=32
      model.head=dlrm
      model.bottom=512,64
      model.top=8
      model.basis=identity
      model.seed=-5
      optimizer.kind=rowwise_adagrad
      optimizer.rate=0.5
      optimizer.linear-rate=0.6
      optimizer.basis-rate=0.7
      optimizer.dense-rate=0.75
      optimizer.initial-accumulator=0.8
      optimizer.initial-scale=0.9
      optimizer.clip-norm=2.5
      optimizer.clip-weight=50
      optimizer.warm-up=1000
      optimizer.halve-every=2000
      optimizer.least-share=0.25
      train.batch-size=64
      train.threads=2
      train.commit-interval=200ms
      train.shard-wait=3s
      store.threads=3
      store.commit-interval=2s
      store.cache=1GiB
      store.block-cache=8MiB
      store.write-buffer=4MiB
      store.sketch=2MiB
      store.popularity-half-life=12h
      store.census-every=500ms
      rebalance.budget=2000000 parameters
      rebalance.every=5m event time
      rebalance.min-gain=0.5
      rebalance.allocator=greedy
      rebalance.alpha=1.5
      rebalance.levels=1,16
      rebalance.hysteresis=0.2
      rebalance.kappa=2
      rebalance.min-dimension=user_id=1
      rebalance.max-dimension=item_id=0
      rebalance.growth=0.02
      rebalance.keep=2h
      rebalance.expire=0.1
      rebalance.plan-ttl=1h
      rebalance.step=7ms
      rebalance.tail=qr
      rebalance.tail-rows=512
      rebalance.tail-dimension=8
      kafka.bootstrap=a:1,b:2
      kafka.port=9192
      kafka.prefix=prod.varve-2
      kafka.partitions=8
      kafka.shards=16
      kafka.replication=3
      kafka.retention=36h
      kafka.instance=varve-2
      kafka.address=node-2:8001
      kafka.standbys=2
      kafka.properties=client.id=x
      serve.host=0.0.0.0
      serve.http-port=0
      serve.grpc-port=9
      serve.tls-certificate=cert.pem
      serve.tls-key=key.pem
      serve.tokens=tokens.yaml
      serve.max-ids=99
      serve.max-body=2KiB
      serve.max-concurrent=7
      serve.request-timeout=1500ms
      serve.max-staleness=0ms
      serve.score-model=ctr
      peers.ca=ca.pem
      peers.token=varve-2.token
      """;

  private static final VarveConfig OTHER_CONFIG =
      new VarveConfig(
          new FeaturesConfig(
              10, true, Map.of("age", FeatureKind.NUMERICAL, "user_id", FeatureKind.CATEGORICAL)),
          new LimitsConfig(Bytes.mib(2), new Bytes(64), 7),
          new JoinConfig(Duration.ofMinutes(30), Duration.ofHours(2), 0.5, Bytes.mib(64)),
          new ModelConfig(
              32,
              ModelConfig.HeadKind.DLRM,
              List.of(512, 64),
              List.of(8),
              ModelConfig.BasisKind.IDENTITY,
              -5),
          new OptimizerConfig(
              OptimizerKind.ROWWISE_ADAGRAD,
              0.5,
              0.6,
              0.7,
              0.75,
              0.8,
              0.9,
              2.5,
              50,
              1000,
              2000,
              0.25),
          new TrainConfig(64, 2, Duration.ofMillis(200), Duration.ofSeconds(3)),
          new StoreConfig(
              3,
              Duration.ofSeconds(2),
              Bytes.mib(1024),
              Bytes.mib(8),
              Bytes.mib(4),
              Bytes.mib(2),
              Duration.ofHours(12),
              Duration.ofMillis(500)),
          new RebalanceConfig(
              Budget.of(2_000_000, BudgetUnit.PARAMETERS),
              new Every(300_000, Every.Clock.EVENT_TIME),
              0.5,
              Allocator.Kind.GREEDY,
              1.5,
              List.of(1, 16),
              0.2,
              2,
              Map.of("user_id", 1),
              Map.of("item_id", 0),
              0.02,
              Duration.ofHours(2),
              0.1,
              Duration.ofHours(1),
              Duration.ofMillis(7),
              TailKind.QR,
              512,
              8),
          new KafkaConfig(
              "a:1,b:2",
              9192,
              "prod.varve-2",
              8,
              16,
              3,
              Duration.ofHours(36),
              "varve-2",
              "node-2:8001",
              2,
              Map.of("client.id", "x")),
          new ServeConfig(
              "0.0.0.0",
              0,
              9,
              Path.of("cert.pem"),
              Path.of("key.pem"),
              Path.of("tokens.yaml"),
              99,
              Bytes.kib(2),
              7,
              Duration.ofMillis(1500),
              Duration.ZERO,
              "ctr"),
          new PeersConfig(Path.of("ca.pem"), Path.of("varve-2.token")));

  @Test
  void everyKeyReachesItsComponent() {
    var loaded = reader.load(new Sources(null, Map.of(), OTHERS.lines().toList()));

    assertThat(loaded.config()).isEqualTo(OTHER_CONFIG);
    assertThat(loaded.settings())
        .filteredOn(setting -> setting.value().equals(setting.defaultValue()))
        .extracting(Setting::key)
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "features.max=0 | from 1 to 32766",
        "features.max=32767 | from 1 to 32766",
        "features.closed=true | false, while no feature is declared",
        "limits.event-bytes=1023 | from 1KiB to 16MiB",
        "limits.id-bytes=0 | from 1 to 1MiB",
        "limits.ids-per-feature=0 | from 1 to 65536",
        "join.window=999ms | from 1s to 7d",
        "join.window=8d | from 1s to 7d",
        "join.late=31d | from 0s to 30d",
        "join.negatives=0 | above 0, at most 1",
        "join.negatives=1.1 | above 0, at most 1",
        "join.waiting=1023KiB | from 1MiB to 1TiB",
        "model.dimension=24 | one of 1, 2, 4, 8, 16, 32, 64, 128",
        "model.dimension=256 | one of 1, 2, 4, 8, 16, 32, 64, 128",
        "model.dimension=0 | one of 1, 2, 4, 8, 16, 32, 64, 128",
        "model.bottom=0 | widths from 1 to 4096",
        "model.top=64,5000 | widths from 1 to 4096",
        "optimizer.dense-rate=0 | above 0, at most 10",
        "optimizer.kind=adam | sgd or rowwise-adagrad or adagrad",
        "optimizer.rate=0 | above 0, at most 10",
        "optimizer.linear-rate=10.5 | above 0, at most 10",
        "optimizer.initial-accumulator=0 | from 1e-20 to 1e20",
        "optimizer.initial-scale=0 | above 0, at most 1",
        "optimizer.clip-norm=-1 | 0, or from 1e-6 to 1e18",
        "optimizer.clip-weight=0 | from 0.01 to 1e6",
        "optimizer.warm-up=-1 | 0, or examples up to 1e15",
        "optimizer.halve-every=-1 | 0, or examples up to 1e15",
        "optimizer.least-share=0 | from 0.001 to 1",
        "train.batch-size=65537 | from 1 to 65536",
        "train.threads=65 | from 1 to 64",
        "train.commit-interval=9ms | from 10ms to 5s",
        "train.shard-wait=9s | from 1s to 8s",
        "store.threads=0 | from 1 to 64",
        "store.commit-interval=6s | from 10ms to 5s",
        "store.cache=1KiB | at least 1MiB",
        "store.block-cache=0 | at least 1MiB",
        "store.write-buffer=0 | at least 1MiB",
        "store.popularity-half-life=999ms | from 1s to 3650d",
        "store.popularity-half-life=3651d | from 1s to 3650d",
        "store.census-every=99ms | at least 100ms",
        "rebalance.budget=64MB | a size such as 64MiB, a number such as 2000000 parameters, or"
            + " none",
        "rebalance.every=30s | such as 10000 examples, 5m event time or 30s wall time",
        "rebalance.min-gain=1.1 | from 0 to 1",
        "rebalance.allocator=best | power or greedy",
        "rebalance.alpha=0 | from 0.05 to 4",
        "rebalance.levels=1,3 | powers of 2 from 1 to 128, rising, at least one",
        "rebalance.levels= | powers of 2 from 1 to 128, rising, at least one",
        "rebalance.levels=32,64 | one at least that is at most model.dimension = 16",
        "rebalance.hysteresis=0.6 | from 0 to 0.5",
        "rebalance.kappa=-1 | from 0 to 1000",
        "rebalance.min-dimension=a=3 | for each table 0 or one of rebalance.levels",
        "rebalance.min-dimension=a=32 | at most model.dimension = 16",
        "rebalance.max-dimension=a=256 | for each table 0 or one of rebalance.levels",
        "rebalance.growth=0 | from 0.001 to 0.5",
        "rebalance.keep=366d | at most 365d",
        "rebalance.expire=2 | from 0 to 1",
        "rebalance.plan-ttl=8d | from 1s to 7d",
        "rebalance.tail=robe | none or hash or qr",
        "rebalance.tail-rows=1 | from 2 to 65536, even for qr",
        "rebalance.tail-rows=65537 | from 2 to 65536, even for qr",
        "rebalance.tail-dimension=0 | a power of 2 from 1 to 128",
        "rebalance.tail-dimension=12 | a power of 2 from 1 to 128",
        "kafka.bootstrap=localhost | host:port, several with commas, or nothing for the embedded"
            + " broker",
        "kafka.port=0 | from 1 to 65535",
        "kafka.prefix=Varve | a small letter, then at most 99 of a-z, 0-9, '.' and '-'",
        "kafka.instance=a b | at most 100 of letters, digits, '.', '_' and '-', not '.' first",
        "kafka.partitions=1025 | from 1 to 1024",
        "kafka.shards=0 | from 1 to 1024",
        "kafka.replication=32768 | from 1 to 32767",
        "kafka.retention=59s | at least 1m",
        "serve.host=' ' | a host name or an address",
        "serve.http-port=65536 | a port from 1 to 65535, or 0 for any free one",
        "serve.grpc-port=-1 | a port from 1 to 65535, or 0 for any free one",
        "serve.grpc-port=8000 | another port than serve.http-port",
        "serve.max-ids=0 | from 1 to 1048576",
        "serve.tls-key=k.pem | a file if serve.tls-certificate is one, else nothing",
        "serve.max-body=1023 | from 1KiB to 1GiB",
        "serve.max-concurrent=0 | from 1 to 1000000",
        "serve.max-concurrent=1000001 | from 1 to 1000000",
        "serve.request-timeout=0ms | from 1ms to 1h",
        "serve.max-staleness=25h | from 0s to 1d",
        "serve.score-model=a/b | a name without a slash",
      })
  void aValueOutsideItsRuleIsRefused(String setting, String rule) {
    String unquoted = setting.replace("'", "");
    String problem = unquoted.replaceFirst("=", ": ") + " (expected: " + rule + ") [--set]";

    assertThatThrownBy(() -> reader.load(new Sources(null, Map.of(), List.of(unquoted))))
        .isInstanceOf(ConfigException.class)
        .hasMessage(problem);
  }

  @Test
  void moreFeaturesThanCanExistAreRefused() {
    var settings = List.of("features.max=1", "features.declared=a=numerical,b=categorical");

    assertThatThrownBy(() -> reader.load(new Sources(null, Map.of(), settings)))
        .hasMessage(
            "features.declared: a=numerical,b=categorical (expected: at most features.max = 1)"
                + " [--set]");
  }

  @Test
  void moreFeaturesThanADenseModelHasRoomForAreRefused() {
    var settings = List.of("model.head=dlrm", "model.top=512,256", "features.max=100");

    assertThatThrownBy(() -> reader.load(new Sources(null, Map.of(), settings)))
        .hasMessage(
            "features.max: 100 (expected: fewer for model.top = [512, 256]: the head dlrm has"
                + " weights for every pair, and a version of them takes up to 22,427,944 bytes, of"
                + " at most 16MiB) [--set]");
  }

  @Test
  void aTailThatIsWiderThanTheModelIsRefused() {
    var settings = List.of("rebalance.tail=hash", "rebalance.tail-dimension=32");

    assertThatThrownBy(() -> reader.load(new Sources(null, Map.of(), settings)))
        .hasMessage(
            "rebalance.tail-dimension: 32 (expected: at most model.dimension = 16) [--set]");
  }

  @Test
  void anOddNumberOfRowsIsNoQuotientsAndRemainders() {
    var settings = List.of("rebalance.tail=qr", "rebalance.tail-rows=65");

    assertThatThrownBy(() -> reader.load(new Sources(null, Map.of(), settings)))
        .hasMessage("rebalance.tail-rows: 65 (expected: from 2 to 65536, even for qr) [--set]");
  }

  private void assertRefused(List<String> settings, String problem) {
    assertThatThrownBy(() -> reader.load(new Sources(null, Map.of(), settings)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(problem);
  }

  @Test
  void memoryThatIsTooSmallForTheShardsIsRefused() {
    String problem =
        "store.cache: %s (expected: at least %s, 256KiB for each of kafka.shards = %d) [--set]";

    assertRefused(
        List.of("store.cache=1MiB", "kafka.shards=5"), problem.formatted("1MiB", "1280KiB", 5));
    assertRefused(
        List.of("kafka.shards=1024", "store.cache=268435455"),
        problem.formatted("268435455", "256MiB", 1024));
    for (var fitting : List.of("store.cache=1MiB", "kafka.shards=1024")) {
      reader.load(new Sources(null, Map.of(), List.of(fitting)));
    }
  }

  @Test
  void memoryThatIsTooSmallForTheShardsIsRefusedWithAllElse() {
    assertRefused(
        List.of("store.cache=2MiB", "kafka.shards=9", "train.threads=0", "kafka.port=0"),
        """
        train.threads: 0 (expected: from 1 to 64) [--set]
        kafka.port: 0 (expected: from 1 to 65535) [--set]
        store.cache: 2MiB (expected: at least 2304KiB, 256KiB for each of kafka.shards = 9) [--set]\
        """);
  }
}
