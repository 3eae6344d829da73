package dev.varve.learn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.event.Category;
import dev.varve.event.ExampleCodec;
import dev.varve.event.FeatureSet;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.event.RefusedEventException;
import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.learn.ModelConfig.HeadKind;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import dev.varve.table.RowKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What somebody may send who wants to break the model, or whose pipeline is broken. */
class PoisonedStreamTest {
  private static final int DIMENSION = 8;
  private static final int SHARDS = 3;
  private static final int WIDTH = 2 * (1 + DIMENSION);
  private static final float LARGEST = 0.5f;

  private final Adagrad optimizer =
      new Adagrad(
          new OptimizerConfig(OptimizerKind.ADAGRAD, 1, 1, 1, 1, 1e-6, 0.1, 0, LARGEST, 0, 0, 1),
          1);
  private final Tables tables = new Tables(SHARDS, DIMENSION, optimizer);
  private final FeatureSet features = new FeatureSet(FeaturesConfig.defaults());
  private final ExampleCodec codec = new ExampleCodec(LimitsConfig.defaults(), features);
  private final DenseReplica dense = new DenseReplica(optimizer);
  private final QualityWindow window = new QualityWindow(100_000);
  private long offset;

  private Trainer trainer(HeadKind head) {
    var model = new ModelConfig(DIMENSION, head, List.of(16), List.of(16), BasisKind.LEARNED, 1);
    return new Trainer(
        0,
        SHARDS,
        DIMENSION,
        new Trainer.Shared(
            features, tables, new InFlight(WIDTH, 1_000_000), dense, optimizer, model));
  }

  /** At rates far above any that is sensible, so that weights come to their bounds. */
  @ParameterizedTest
  @EnumSource(HeadKind.class)
  void whatIsServedStaysFiniteAndAnAlarmIsRaised(HeadKind head) {
    Trainer trainer = trainer(head);
    var random = new SplittableRandom(7);
    for (int batch = 0; batch < 400; batch++) {
      for (int i = 0; i < 16; i++) {
        try {
          trainer.add(codec.decode(poison(random, batch).toByteArray()), "web");
        } catch (RefusedEventException e) {
          trainer.rejected("web");
        }
      }
      assertThat(trainer.learn(++offset, 1, tables::send)).isEmpty();
      trainer.committing();
      tables.applyAllBut(0);
      window.add(trainer.takeQuality(offset, false));
    }

    assertThat(largest("item")).isFinite().isBetween(0.01f, LARGEST);
    assertThat(largest("user")).isFinite().isBetween(0.01f, LARGEST);
    float[] price = new float[WIDTH];
    dense.read(DenseParameters.numerical("price"), DIMENSION, price, 0);
    for (int i = 0; i <= DIMENSION; i++) {
      assertThat(Math.abs(price[i])).isLessThanOrEqualTo(LARGEST);
    }
    assertThat(window.snapshot().logLoss()).isFinite();
    assertThat(Alarms.of(window, 0, Duration.ZERO))
        .extracting(Alarms.Alarm::kind)
        .contains("rejected");
  }

  /** One item is in every example; its label is turned every now and then. */
  private static Example poison(SplittableRandom random, int batch) {
    var example =
        Example.newBuilder()
            .setEventTimeMs(KeyedExamples.NOW_MS)
            .setLabel(batch / 50 % 2)
            .setWeight(random.nextInt(3) == 0 ? 1e6f : 1)
            .addFeatures(Feature.newBuilder().setName("user").addIntIds(random.nextInt(50)));
    var item = Feature.newBuilder().setName("item");
    int times = random.nextInt(4) == 0 ? 500 : 1;
    item.addAllIds(Collections.nCopies(times, "evil"));
    example.addFeatures(item);
    double[] prices = {1e30, -1e30, Double.MAX_VALUE, 0, Double.NaN, Double.NEGATIVE_INFINITY};
    double price = prices[random.nextInt(prices.length)];
    return example
        .addFeatures(Feature.newBuilder().setName("price").setValue(price))
        .setNegativesKept(random.nextInt(10) == 0 ? 1e-30f : 1)
        .build();
  }

  /** The largest weight or coordinate of a table's rows; NaN where one is. */
  private float largest(String table) {
    List<Long> categories = new ArrayList<>(List.of(Category.key("evil")));
    for (int i = 0; i < 50; i++) {
      categories.add(Category.key((long) i));
    }
    float largest = 0;
    for (long category : categories) {
      var keys = new RowKeys();
      keys.add(table, category);
      float[] state = new float[WIDTH];
      int[] dimension = new int[1];
      int shard = Category.shard(table, category, SHARDS);
      tables.read(shard, keys, 0, state, WIDTH, dimension, new int[1], new float[1]);
      for (int i = 0; dimension[0] > 0 && i <= DIMENSION; i++) {
        largest = Math.max(largest, Math.abs(state[i]));
      }
    }
    return largest;
  }
}
