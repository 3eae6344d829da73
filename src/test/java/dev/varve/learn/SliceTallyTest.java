package dev.varve.learn;

import static dev.varve.learn.KeyedExamples.example;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.learn.ModelConfig.HeadKind;
import dev.varve.schema.Quality;
import dev.varve.schema.SliceQuality;
import dev.varve.schema.TableQuality;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Quality by table, block and popularity, from examples to figures. */
class SliceTallyTest {
  private static final int DIMENSION = 4;
  private static final int SHARDS = 3;

  private final Adagrad optimizer = new Adagrad(OptimizerConfig.defaults(), 1);
  private final Tables tables = new Tables(SHARDS, DIMENSION, optimizer);
  private final Trainer trainer =
      new Trainer(
          0,
          SHARDS,
          DIMENSION,
          new Trainer.Shared(
              KeyedExamples.features(),
              tables,
              new InFlight(2 * (1 + DIMENSION), 1_000_000),
              new DenseReplica(optimizer),
              optimizer,
              new ModelConfig(
                  DIMENSION, HeadKind.FM, List.of(), List.of(), BasisKind.IDENTITY, 1)));
  private long offset;

  @Test
  void anExampleCountsInEachTableByWhatItsCategoriesHad() {
    Map<String, double[]> expected = new TreeMap<>();
    Map<String, Integer> before = new HashMap<>();
    var random = new SplittableRandom(5);
    for (int batch = 0; batch < 200; batch++) {
      Map<String, Integer> after = new HashMap<>(before);
      for (int i = 0; i < 8; i++) {
        float logit = random.nextFloat(-3, 3);
        float label = random.nextInt(2);
        long[] categories = random.longs(0, 40).distinct().limit(random.nextInt(1, 4)).toArray();
        var example = example().label(label).weight(2).predicted(logit).number(5, 1);
        trainer.add(example.categories(0, i % 3).categories(3, categories).build(), "");
        expect(expected, before, after, new Prediction("c0", i % 3, 1, logit, label));
        for (long category : categories) {
          double share = 1.0 / categories.length;
          expect(expected, before, after, new Prediction("c3", category, share, logit, label));
        }
      }
      before = after;
      trainer.learn(++offset, 1, tables::send);
      trainer.committing();
      tables.applyAllBut(0);
    }

    Map<String, double[]> counted = new TreeMap<>();
    Quality quality = trainer.takeQuality(1, true);
    assertThat(quality.getTableExamples()).isEqualTo(1_600);
    for (TableQuality table : quality.getTablesList()) {
      for (SliceQuality of : table.getBlocksList()) {
        counted.put(table.getTable() + " block " + of.getSlice(), sums(of));
      }
      for (SliceQuality of : table.getClassesList()) {
        counted.put(table.getTable() + " class " + of.getSlice(), sums(of));
      }
    }
    assertThat(counted.keySet()).isEqualTo(expected.keySet()).hasSizeGreaterThan(20);
    expected.forEach(
        (slice, sums) ->
            assertThat(counted.get(slice)).as(slice).containsExactly(sums, within(1e-3)));
    Quality next = trainer.takeQuality(2, true);
    assertThat(next.getTablesList()).isEmpty();
    assertThat(next.getTableExamples()).isZero();
  }

  private record Prediction(String table, long category, double share, float logit, float label) {}

  private static void expect(
      Map<String, double[]> expected,
      Map<String, Integer> before,
      Map<String, Integer> after,
      Prediction of) {
    String category = of.table + "/" + of.category;
    int had = before.getOrDefault(category, 0);
    after.merge(category, 1, Integer::sum);
    int ofClass = had == 0 ? -4 : (int) Math.floor(2 * Math.log(had) / Math.log(2) + 1e-4);
    double weight = 2 * of.share;
    double[] sums = {
      1,
      weight,
      weight * QualitySum.logLoss(of.logit, of.label),
      weight * of.label,
      weight * QualitySum.probability(of.logit)
    };
    for (String slice : List.of(" block " + DIMENSION, " class " + ofClass)) {
      double[] sum = expected.computeIfAbsent(of.table + slice, _ -> new double[sums.length]);
      for (int i = 0; i < sums.length; i++) {
        sum[i] += sums[i];
      }
    }
  }

  private static double[] sums(SliceQuality of) {
    var sums = of.getSums();
    return new double[] {
      sums.getExamples(),
      sums.getWeight(),
      sums.getLogLoss(),
      sums.getPositives(),
      sums.getPredicted()
    };
  }

  @Test
  void aClassIsHalfADoublingOfPopularity() {
    assertThat(SliceTally.classOf(Float.NEGATIVE_INFINITY)).isEqualTo(-4);
    assertThat(SliceTally.classOf(-100)).isEqualTo(-3);
    assertThat(SliceTally.classOf(-1.01f)).isEqualTo(-3);
    assertThat(SliceTally.classOf(-1)).isEqualTo(-2);
    assertThat(SliceTally.classOf(0)).isZero();
    assertThat(SliceTally.classOf(0.5f)).isEqualTo(1);
    assertThat(SliceTally.classOf(40)).isEqualTo(66);
  }

  // -- the window

  /** A tenth each, but what is alike stays together. */
  @Test
  void decilesAreTenthsOfTheExamplesByPopularity() {
    var window = new QualityWindow(1_000);
    window.add(report(0, 100, 1, 100, 2, 200, 3, 400, 4, 200));

    QualityWindow.Slices slices = slices(window);

    assertThat(slices.deciles().keySet()).containsExactly(1, 2, 4, 7, 10);
    assertThat(slices.deciles().values())
        .extracting(QualityWindow.Snapshot::examples)
        .containsExactly(100L, 100L, 200L, 400L, 200L);
    assertThat(slices.blocks().keySet()).containsExactly(8);
    assertThat(slices.blocks().values().iterator().next().examples()).isEqualTo(1_000);
    assertThat(slices.blocks().values().iterator().next().logLoss())
        .isCloseTo(Math.log(2), within(1e-9));
  }

  @Test
  void slicesAreOfTheNewestExamples() {
    var window = new QualityWindow(100);
    for (int i = 0; i < 20; i++) {
      window.add(report(i, 10));
    }

    assertThat(slices(window).blocks().values())
        .extracting(QualityWindow.Snapshot::examples)
        .containsExactly(100L);
  }

  private static QualityWindow.Slices slices(QualityWindow window) {
    return Objects.requireNonNull(window.slices().get("c0"));
  }

  /** Pairs of a class and its examples, all with the log-odds 0. */
  private static Quality report(int... classes) {
    var table = TableQuality.newBuilder().setTable("c0");
    long all = 0;
    for (int i = 0; i < classes.length; i += 2) {
      table.addClasses(slice(classes[i], classes[i + 1]));
      all += classes[i + 1];
    }
    return Quality.newBuilder()
        .addTables(table.addBlocks(slice(8, all)))
        .setTableExamples(all)
        .build();
  }

  private static SliceQuality slice(int of, long examples) {
    var sum = QualitySum.coarse();
    for (long i = 0; i < examples; i++) {
      boolean isClicked = i % 2 == 1;
      sum.count(0, isClicked ? 1 : 0, isClicked ? 0 : 1);
    }
    return SliceQuality.newBuilder().setSlice(of).setSums(sum.toProto("")).build();
  }
}
