package dev.varve.learn;

import dev.varve.event.FeatureSet;
import dev.varve.schema.Quality;
import dev.varve.schema.SliceQuality;
import dev.varve.schema.TableQuality;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Counts how well examples were predicted by what their categories had: the dimension of the row,
 * and the popularity. An example counts once in each table that it has a category of; of several
 * categories each for its share.
 *
 * <p><b>Threads:</b> one.
 */
final class SliceTally {
  /** Half doublings of popularity: the class of a popularity p is floor(2 log2 p). */
  private static final int CLASSES_PER_DOUBLING = 2;

  /** A category that is not counted exactly. */
  static final int UNCOUNTED = -4;

  /** Popularity below a half. */
  private static final int FADED = -3;

  private static final int MOST_POPULAR = 2 * 33;
  private static final int CLASSES = MOST_POPULAR - UNCOUNTED + 1;

  /** Dimension 0, and 1 to 128. */
  private static final int BLOCKS = 9;

  /**
   * Sums by block and class: each prediction is counted in one place, and added up for a report.
   */
  private static final class Table {
    private final @Nullable QualitySum[] sums = new QualitySum[BLOCKS * CLASSES];

    QualitySum at(int block, int of) {
      return at(sums, block * CLASSES + of);
    }

    private static QualitySum at(@Nullable QualitySum[] sums, int i) {
      QualitySum sum = sums[i];
      if (sum == null) {
        sum = QualitySum.coarse();
        sums[i] = sum;
      }
      return sum;
    }

    @Nullable QualitySum[] blocks() {
      return added(BLOCKS, i -> i / CLASSES);
    }

    @Nullable QualitySum[] classes() {
      return added(CLASSES, i -> i % CLASSES);
    }

    /** Adds the sums up in so many. */
    private @Nullable QualitySum[] added(int n, IntUnaryOperator to) {
      @Nullable QualitySum[] added = new QualitySum[n];
      for (int i = 0; i < sums.length; i++) {
        QualitySum sum = sums[i];
        if (sum != null) {
          at(added, to.applyAsInt(i)).add(sum);
        }
      }
      return added;
    }
  }

  private final FeatureSet features;

  /** By number of a feature. */
  private @Nullable Table[] tables = {};

  private long examples;

  SliceTally(FeatureSet features) {
    this.features = features;
  }

  /** Counts a prediction in all tables of its example. */
  void predicted(Predictor predictor, int example, QualitySum.Prediction prediction) {
    MicroBatch batch = predictor.batch();
    examples++;
    int end = batch.firstTerm(batch.firstFeature(example + 1));
    for (int term = batch.firstTerm(batch.firstFeature(example)); term < end; term++) {
      int slot = batch.slot(term);
      if (batch.isCategory(slot)) {
        double share = batch.scale(term);
        Table table = table(batch.feature(slot).index());
        int block = Integer.SIZE - Integer.numberOfLeadingZeros(predictor.slotDimensions()[slot]);
        int of = classOf(predictor.popularity(slot)) - UNCOUNTED;
        table.at(block, of).count(prediction, share);
      }
    }
  }

  private Table table(int feature) {
    if (feature >= tables.length) {
      tables = Arrays.copyOf(tables, features.size());
    }
    Table table = tables[feature];
    if (table == null) {
      table = new Table();
      tables[feature] = table;
    }
    return table;
  }

  /** The class of a popularity, by its logarithm to the base 2. */
  static int classOf(float log) {
    if (log == Float.NEGATIVE_INFINITY) {
      return UNCOUNTED;
    }
    return Math.clamp((int) Math.floor(CLASSES_PER_DOUBLING * log), FADED, MOST_POPULAR);
  }

  /** Moves what was counted into a report; counting begins anew. */
  void takeInto(Quality.Builder report) {
    report.setTableExamples(examples);
    for (int feature = 0; feature < tables.length; feature++) {
      Table table = tables[feature];
      if (table != null) {
        report.addTables(toProto(features.get(feature).name(), table));
      }
    }
    tables = new Table[0];
    examples = 0;
  }

  private static TableQuality toProto(String name, Table table) {
    var quality = TableQuality.newBuilder().setTable(name);
    @Nullable QualitySum[] blocks = table.blocks();
    for (int i = 0; i < BLOCKS; i++) {
      QualitySum sum = blocks[i];
      if (sum != null) {
        quality.addBlocks(slice(i == 0 ? 0 : 1 << (i - 1), sum));
      }
    }
    @Nullable QualitySum[] classes = table.classes();
    for (int i = 0; i < CLASSES; i++) {
      QualitySum sum = classes[i];
      if (sum != null) {
        quality.addClasses(slice(i + UNCOUNTED, sum));
      }
    }
    return quality.build();
  }

  private static SliceQuality slice(int of, QualitySum sum) {
    return SliceQuality.newBuilder().setSlice(of).setSums(sum.toProto("")).build();
  }
}
