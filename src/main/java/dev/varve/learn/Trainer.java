package dev.varve.learn;

import dev.varve.event.FeatureSet;
import dev.varve.event.KeyedExample;
import dev.varve.schema.DenseDelta;
import dev.varve.schema.Quality;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.RowEncoding;
import java.util.Arrays;
import java.util.function.ObjIntConsumer;
import org.agrona.collections.IntArrayList;

/**
 * Learns from the examples of one partition: a micro-batch that a {@link Predictor} predicted
 * becomes summed gradients for the shards that own the rows. Dense parameters are stepped in the
 * {@link DenseReplica}.
 *
 * <p><b>Threads:</b> one per instance; instances of a process share what {@link Shared} names.
 */
public final class Trainer {
  /** What the trainers of a process have in common. */
  public record Shared(
      FeatureSet features,
      Rows rows,
      InFlight inFlight,
      DenseReplica dense,
      Optimizer optimizer,
      ModelConfig model) {}

  private static final float[] NO_FLOATS = {};
  private static final int[] NO_INTS = {};

  private final int trainer;
  private final int shards;
  private final int dimension;
  private final Shared shared;
  private final Predictor predictor;
  private final MicroBatch batch;

  /** Floats of a row's state. */
  private final int width;

  private final RowEncoding encoding;
  private final RatedOptimizer optimizer;

  /** What rates are multiplied with in this micro-batch. */
  private float rate = 1;

  private final QualityTally tally = new QualityTally();
  private final SliceTally slices;

  /**
   * A {@link Gradient} for every slot, with room for the widest; of what is served, then of rows.
   */
  private float[] gradients = NO_FLOATS;

  private float[] slopes = NO_FLOATS;
  private final IntArrayList unpredicted = new IntArrayList();
  private final RowSteps.Columns columns = new RowSteps.Columns();

  private final float[] before;
  private final float[] change;
  private final float[] biasGradient = new float[Gradient.length(0)];

  /**
   * @param trainer partition of the examples
   * @param shards number of shards
   * @param dimension width D of a vector
   */
  public Trainer(int trainer, int shards, int dimension, Shared shared) {
    this.trainer = trainer;
    this.shards = shards;
    this.dimension = dimension;
    this.shared = shared;
    this.encoding = shared.optimizer.encoding();
    this.optimizer = new RatedOptimizer(shared.optimizer);
    this.width = encoding.stateLength(dimension);
    this.predictor = new Predictor(shards, dimension, shared);
    this.batch = predictor.batch();
    this.slices = new SliceTally(shared.features);
    this.before = new float[width];
    this.change = new float[width];
  }

  /** Takes an example into the micro-batch. */
  public void add(KeyedExample example, String source) {
    predictor.add(example, source);
  }

  /** Counts a record that was refused. */
  public void rejected(String source) {
    tally.rejected(source);
  }

  /** Whether the micro-batch should be learned: many examples, or many rows for its size. */
  public boolean isFull(int examples) {
    return predictor.isFull(examples);
  }

  /**
   * Learns the micro-batch.
   *
   * @param endOffset behind the last example that was taken in
   * @param layoutVersion of the newest layout that is known
   * @param updates receives each shard's update batch; one at least when there were examples
   * @return numbers of the examples that were not learned: what is predicted for them is no number
   */
  public int[] learn(long endOffset, long layoutVersion, ObjIntConsumer<UpdateBatch> updates) {
    if (batch.size() == 0) {
      return NO_INTS;
    }
    rate = shared.optimizer.rateAt(endOffset - batch.size());
    shared.dense.rate(rate);
    predictor.predict();
    learnFrom(true);
    step();
    send(endOffset, layoutVersion, updates);
    predictor.clear();
    return unpredicted.toIntArray();
  }

  /**
   * Learns the micro-batch where the rows are in this process: nothing is sent, and there is no
   * quality by table. Rates are what they are: nobody counts examples here.
   *
   * @return as above
   */
  public int[] learn(RowSteps rows) {
    if (batch.size() == 0) {
      return NO_INTS;
    }
    predictor.predict();
    learnFrom(false);
    step();
    stepRows(rows);
    predictor.clear();
    return unpredicted.toIntArray();
  }

  /** How far the tables are behind this process's trainers ({@link InFlight#rowsBehind}). */
  public int rowsBehind() {
    shared.inFlight.refresh(shared.rows);
    return shared.inFlight.rowsBehind();
  }

  /** What was sent so far is about to be committed. */
  public void committing() {
    shared.inFlight.committing(trainer);
  }

  /** The dense changes since the last call. */
  public DenseDelta takeDense(long endOffset, long layoutVersion) {
    return shared.dense.takeDelta(trainer, endOffset, layoutVersion);
  }

  /** Whether a report is due: examples or refusals since the last one. */
  public boolean hasQuality() {
    return !tally.isEmpty();
  }

  /**
   * The quality since the last call.
   *
   * @param withTables whether to report by table too, since the last such report
   */
  public Quality takeQuality(long endOffset, boolean withTables) {
    Quality.Builder report = tally.take(trainer, endOffset);
    if (withTables) {
      slices.takeInto(report);
    }
    return report.build();
  }

  /** Forgets everything that was not committed. */
  public void close() {
    shared.inFlight.forget(trainer);
    shared.dense.forget(trainer);
  }

  /** Counts the predictions, and makes the gradients. */
  private void learnFrom(boolean byTable) {
    unpredicted.clear();
    int floats = batch.slots() * Gradient.length(dimension);
    gradients = Predictor.atLeast(gradients, floats);
    Arrays.fill(gradients, 0, floats, 0);
    Arrays.fill(biasGradient, 0);
    slopes = Predictor.atLeast(slopes, batch.size());
    for (int example = 0; example < batch.size(); example++) {
      float logit = predictor.logit(example);
      float slope = 0;
      if (Float.isFinite(logit)) {
        count(example, logit, byTable);
        slope = slope(example, logit);
      } else {
        unpredicted.addInt(example);
      }
      biasGradient[0] += batch.linearShare(example) * slope;
      biasGradient[1] += slope * slope;
      slopes[example] = slope;
    }
    predictor.head().gradients(batch, slopes, gradients);
  }

  /**
   * The negatives that there are count for those that were left out, so that quality is of all
   * examples; a correction counts as a positive one, and takes back what counted as negative.
   *
   * <p>Where it is known what was predicted when the example was shown, that counts: until its
   * label was known the clicks of what was shown beside it have been learned, and what was not
   * clicked has not, which flatters later predictions.
   */
  private void count(int example, float learnedWith, boolean byTable) {
    float shown = batch.predicted(example);
    float logit = Float.isNaN(shown) ? learnedWith : shown;
    double weight = batch.weight(example);
    double label = batch.label(example);
    double positive = weight * label;
    double negative =
        (batch.isCorrection(example) ? -weight : weight - positive) / batch.negativesKept(example);
    var prediction = QualitySum.Prediction.of(logit, positive, negative);
    tally.predicted(batch.source(example), prediction);
    if (byTable) {
      slices.predicted(predictor, example, prediction);
    }
  }

  /**
   * The derivative of an example's loss by its logit. Where negatives were left out, the others
   * have odds above those of all by the share that was kept (King and Zeng 2001, section 4.1). A
   * correction is the difference of a positive and a negative example: -1 whatever is predicted.
   */
  private float slope(int example, float logit) {
    if (batch.isCorrection(example)) {
      return -batch.weight(example);
    }
    float kept = batch.negativesKept(example);
    float ofKept = kept == 1 ? logit : logit - (float) Math.log(kept);
    float error = (float) QualitySum.probability(ofKept) - batch.label(example);
    return batch.weight(example) * error;
  }

  /** Steps what is dense, and makes the gradients of rows. */
  private void step() {
    rowGradients();
    predictor.head().step(trainer, shared.dense);
    shared.dense.step(trainer, DenseParameters.BIAS, 0, biasGradient, 0);
    for (int slot = 0; slot < batch.slots(); slot++) {
      if (!batch.isCategory(slot)) {
        String name = DenseParameters.numerical(batch.feature(slot).name());
        int from = slot * Gradient.length(dimension);
        shared.dense.step(trainer, name, dimension, gradients, from);
      }
    }
  }

  /** Those of one table after the other; trainers begin with different shards. */
  private void stepRows(RowSteps rows) {
    int length = Gradient.length(dimension);
    for (int i = 0; i < shards; i++) {
      int shard = (trainer + i) % shards;
      int[] slots = predictor.slots(shard);
      columns.begin(slots.length, gradients);
      for (int k = 0; k < slots.length; k++) {
        int slot = slots[k];
        columns.add(
            batch.category(slot),
            batch.occurrences(slot),
            batch.latestMs(slot),
            predictor.slotDimensions()[slot] > 0 ? slot * length : -1);
        boolean isLast =
            k + 1 == slots.length || batch.featureIndex(slots[k + 1]) != batch.featureIndex(slot);
        if (isLast) {
          rows.step(shard, batch.feature(slot).name(), columns);
          columns.size = 0;
        }
      }
    }
  }

  private void send(long endOffset, long layoutVersion, ObjIntConsumer<UpdateBatch> updates) {
    var rows =
        new UpdateMessages.Slots(
            predictor.slotDimensions(), predictor.slotFound(), gradients, dimension);
    var messages = new UpdateMessages(trainer, endOffset, layoutVersion, batch, rows, rate);
    int counted = batch.size() - unpredicted.size();
    for (int shard = 0; shard < shards; shard++) {
      int[] slots = predictor.slots(shard);
      // Examples without a category are counted all the same.
      if (slots.length > 0 || (shard == shards - 1 && counted > 0)) {
        for (UpdateBatch part : messages.of(slots, counted)) {
          updates.accept(part, shard);
        }
        remember(shard, slots, endOffset);
        counted = 0;
      }
    }
  }

  /** From the gradients of what is served, those of rows and bases; steps the bases. */
  private void rowGradients() {
    int length = Gradient.length(dimension);
    Projection projection = predictor.projection();
    for (int shard = 0; shard < shards; shard++) {
      int[] slots = predictor.slots(shard);
      float[] states = predictor.states(shard);
      for (int i = 0; i < slots.length; i++) {
        int d = predictor.slotDimensions()[slots[i]];
        if (d > 0) {
          projection.of(batch.feature(slots[i]).name(), shared.dense);
          projection.gradient(states, i * width, d, gradients, slots[i] * length);
        }
      }
    }
    projection.step(trainer, shared.dense);
  }

  /** Takes the step that the table will take, and keeps the change until the table has it. */
  private void remember(int shard, int[] slots, long endOffset) {
    int[] dimensions = predictor.slotDimensions();
    int changed = 0;
    for (int slot : slots) {
      changed += dimensions[slot] > 0 ? 1 : 0;
    }
    int[] sent = new int[slots.length];
    float[] changes = new float[changed * width];
    int withRow = 0;
    int without = changed;
    for (int i = 0; i < slots.length; i++) {
      boolean hasRow = dimensions[slots[i]] > 0;
      if (hasRow) {
        change(slots[i], predictor.states(shard), i * width, changes, withRow * width);
      }
      sent[hasRow ? withRow++ : without++] = slots[i];
    }
    shared.inFlight.sent(trainer, shard, endOffset, batch, sent, changes);
  }

  private void change(int slot, float[] states, int state, float[] changes, int at) {
    int d = predictor.slotDimensions()[slot];
    int gradient = slot * Gradient.length(dimension);
    Optimizer stepping = optimizer.at(rate);
    if (d == dimension) {
      stepping.change(states, state, d, gradients, gradient, changes, at);
    } else {
      encoding.copy(states, state, dimension, before, 0, d);
      stepping.change(before, 0, d, gradients, gradient, change, 0);
      encoding.copy(change, 0, d, changes, at, dimension);
    }
  }
}
