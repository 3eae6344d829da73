package dev.varve.learn;

import dev.varve.event.Category;
import dev.varve.event.FeatureSet;
import dev.varve.event.KeyedExample;
import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.schema.DenseDelta;
import dev.varve.schema.Quality;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowKeys;
import java.util.Arrays;
import java.util.function.ObjIntConsumer;

/**
 * Learns from the examples of one partition: collects a micro-batch, predicts each of its examples,
 * and turns them into summed gradients for the shards that own the rows.
 *
 * <p>All examples of a batch are predicted with the state before the batch. Rows are read from the
 * tables; this process's own steps that the tables lack are added ({@link InFlight}). Dense
 * parameters are stepped in the {@link DenseReplica}.
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

  private static final int MOST_SLOTS = 16_384;
  private static final float[] NO_FLOATS = {};

  private final int trainer;
  private final int shards;
  private final int dimension;
  private final Shared shared;

  /** Floats of a row's state. */
  private final int width;

  /** Floats from a slot's state to the next: dense parameters have the longest. */
  private final int stride;

  private final RowEncoding encoding;
  private final Head head;
  private final Projection projection;
  private final MicroBatch batch;
  private final QualityTally tally = new QualityTally();
  private final RowKeys keys = new RowKeys();
  private final int[][] slotsByShard;

  /** float32[slots][stride], rows as if they were of the widest dimension. */
  private float[] states = NO_FLOATS;

  /** The dimension that each slot's row is learned for; 0 where it has none. */
  private int[] slotDimensions = {};

  /** The dimension that each slot's row was read with. */
  private int[] slotFound = {};

  /** The names of rows, by slot. */
  private RowKey[] names = {};

  /** float32[slots][1 + D]: linear weights and vectors as they are served. */
  private float[] served = NO_FLOATS;

  private float[] rowStates = NO_FLOATS;
  private int[] dimensions = {};
  private int[] found = {};

  /** float32[slots][3 + D], of what is served. */
  private float[] gradients = NO_FLOATS;

  /** float32[slots][3 + d] with room for the widest, of rows. */
  private float[] rowGradients = NO_FLOATS;

  private float[] logits = NO_FLOATS;
  private float[] slopes = NO_FLOATS;

  private final float[] before;
  private final float[] after;
  private final float[] bias = new float[2];
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
    this.width = encoding.stateLength(dimension);
    this.stride = RowEncoding.FLOAT32_ADAGRAD.stateLength(dimension);
    this.head = Head.of(shared.model);
    this.projection = new Projection(dimension, shared.model.basis() == BasisKind.LEARNED);
    this.before = new float[width];
    this.after = new float[width];
    this.batch = new MicroBatch(shared.features);
    this.slotsByShard = new int[shards][];
  }

  /** Takes an example into the micro-batch. */
  public void add(KeyedExample example, String source) {
    batch.add(example, source);
  }

  /** Counts a record that was refused. */
  public void rejected(String source) {
    tally.rejected(source);
  }

  /** Whether the micro-batch should be learned: many examples, or many rows for its size. */
  public boolean isFull(int examples) {
    return batch.size() >= examples || batch.slots() >= MOST_SLOTS;
  }

  /**
   * Learns the micro-batch.
   *
   * @param endOffset behind the last example that was taken in
   * @param layoutVersion of the newest layout that is known
   * @param updates receives each shard's update batch; one at least when there were examples
   */
  public void learn(long endOffset, long layoutVersion, ObjIntConsumer<UpdateBatch> updates) {
    if (batch.size() == 0) {
      return;
    }
    read();
    predict();
    step(endOffset, layoutVersion, updates);
    batch.clear();
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

  /** The quality since the last call. */
  public Quality takeQuality(long endOffset) {
    return tally.take(trainer, endOffset);
  }

  /** Forgets everything that was not committed. */
  public void close() {
    shared.inFlight.forget(trainer);
    shared.dense.forget(trainer);
  }

  private void read() {
    states = atLeast(states, batch.slots() * stride);
    served = atLeast(served, batch.slots() * (1 + dimension));
    if (slotDimensions.length < batch.slots()) {
      slotDimensions = new int[2 * batch.slots()];
      slotFound = new int[2 * batch.slots()];
      names = new RowKey[2 * batch.slots()];
    }
    projection.begin();
    sortByShard();
    shared.inFlight.refresh(shared.rows);
    for (int shard = 0; shard < shards; shard++) {
      readRows(shard, slotsByShard[shard]);
    }
    for (int slot = 0; slot < batch.slots(); slot++) {
      if (!batch.isCategory(slot)) {
        String name = DenseParameters.numerical(batch.feature(slot).name());
        shared.dense.read(name, dimension, states, slot * stride);
        slotDimensions[slot] = dimension;
        System.arraycopy(states, slot * stride, served, slot * (1 + dimension), 1 + dimension);
      }
    }
    shared.dense.read(DenseParameters.BIAS, 0, bias, 0);
  }

  private void sortByShard() {
    var sorted = new ShardedSlots(shards);
    for (int slot = 0; slot < batch.slots(); slot++) {
      if (batch.isCategory(slot)) {
        String name = batch.feature(slot).name();
        int shard = Category.shard(name, batch.category(slot), shards);
        sorted.add(shard, batch.feature(slot).index(), slot);
      }
    }
    for (int shard = 0; shard < shards; shard++) {
      slotsByShard[shard] = sorted.slots(shard);
    }
  }

  private void readRows(int shard, int[] slots) {
    if (slots.length == 0) {
      return;
    }
    keys.clear();
    for (int slot : slots) {
      var name = new RowKey(batch.feature(slot).index(), batch.category(slot));
      names[slot] = name;
      int underway = shared.inFlight.occurrences(name);
      keys.add(batch.feature(slot).name(), name.category(), underway, batch.occurrences(slot));
    }
    rowStates = atLeast(rowStates, slots.length * width);
    if (dimensions.length < slots.length) {
      dimensions = new int[2 * slots.length];
      found = new int[2 * slots.length];
    }
    shared.rows.read(shard, keys, batch.latestMs(), rowStates, width, dimensions, found);
    for (int i = 0; i < slots.length; i++) {
      int slot = slots[i];
      slotFound[slot] = Math.max(found[i], 0);
      takeRow(slot, keys.table(i), dimensions[i], i * width);
    }
  }

  /** A row as if it were of the widest dimension, with this process's steps, and as served. */
  private void takeRow(int slot, String table, int read, int from) {
    int at = slot * stride;
    int d = Math.max(read, 0);
    Arrays.fill(states, at, at + width, 0);
    slotDimensions[slot] = d;
    if (d > 0) {
      encoding.copy(rowStates, from, d, states, at, dimension);
      shared.inFlight.addTo(names[slot], states, at);
    }
    projection.of(table, shared.dense);
    projection.serve(states, at, d, served, slot * (1 + dimension));
  }

  private void predict() {
    int floats = batch.slots() * Gradient.length(dimension);
    gradients = atLeast(gradients, floats);
    Arrays.fill(gradients, 0, floats, 0);
    Arrays.fill(biasGradient, 0);
    logits = atLeast(logits, batch.size());
    slopes = atLeast(slopes, batch.size());
    head.predict(batch, served, shared.dense, logits);
    for (int example = 0; example < batch.size(); example++) {
      float logit = bias[0] + logits[example];
      count(example, logit);
      float slope = slope(example, logit);
      biasGradient[0] += batch.linearShare(example) * slope;
      biasGradient[1] += slope * slope;
      slopes[example] = slope;
    }
    head.gradients(batch, slopes, gradients);
  }

  /**
   * The negatives that there are count for those that were left out, so that quality is of all
   * examples; a correction counts as a positive one, and takes back what counted as negative.
   */
  private void count(int example, float logit) {
    double weight = batch.weight(example);
    double label = batch.label(example);
    double negative = batch.isCorrection(example) ? -weight : weight * (1 - label);
    tally.predicted(
        batch.source(example), logit, weight * label, negative / batch.negativesKept(example));
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
    float error = (float) QualityTally.probability(ofKept) - batch.label(example);
    return batch.weight(example) * error;
  }

  private void step(long endOffset, long layoutVersion, ObjIntConsumer<UpdateBatch> updates) {
    int length = Gradient.length(dimension);
    rowGradients = atLeast(rowGradients, batch.slots() * length);
    for (int shard = 0; shard < shards; shard++) {
      for (int slot : slotsByShard[shard]) {
        int d = slotDimensions[slot];
        if (d > 0) {
          projection.of(batch.feature(slot).name(), shared.dense);
          projection.gradient(
              states, slot * stride, d, gradients, slot * length, rowGradients, slot * length);
        }
      }
    }
    projection.step(trainer, shared.dense);
    head.step(trainer, shared.dense);
    shared.dense.step(trainer, DenseParameters.BIAS, 0, biasGradient, 0);
    for (int slot = 0; slot < batch.slots(); slot++) {
      if (!batch.isCategory(slot)) {
        String name = DenseParameters.numerical(batch.feature(slot).name());
        int from = slot * Gradient.length(dimension);
        shared.dense.step(trainer, name, dimension, gradients, from);
      }
    }
    var rows = new UpdateMessages.Slots(slotDimensions, slotFound, rowGradients, dimension);
    var messages = new UpdateMessages(trainer, endOffset, layoutVersion, batch, rows);
    int counted = batch.size();
    for (int shard = 0; shard < shards; shard++) {
      int[] slots = slotsByShard[shard];
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

  /** Takes the step that the table will take, and keeps the change until the table has it. */
  private void remember(int shard, int[] slots, long endOffset) {
    int changed = 0;
    for (int slot : slots) {
      changed += slotDimensions[slot] > 0 ? 1 : 0;
    }
    RowKey[] sent = new RowKey[slots.length];
    int[] occurrences = new int[slots.length];
    float[] changes = new float[changed * width];
    int withRow = 0;
    int without = changed;
    for (int slot : slots) {
      boolean hasRow = slotDimensions[slot] > 0;
      if (hasRow) {
        change(slot, changes, withRow * width);
      }
      int at = hasRow ? withRow++ : without++;
      sent[at] = names[slot];
      occurrences[at] = batch.occurrences(slot);
    }
    shared.inFlight.sent(trainer, shard, endOffset, sent, occurrences, changes);
  }

  private void change(int slot, float[] changes, int at) {
    int d = slotDimensions[slot];
    encoding.copy(states, slot * stride, dimension, before, 0, d);
    System.arraycopy(before, 0, after, 0, encoding.stateLength(d));
    shared.optimizer.step(after, 0, d, rowGradients, slot * Gradient.length(dimension));
    for (int k = 0; k < encoding.stateLength(d); k++) {
      after[k] -= before[k];
    }
    encoding.copy(after, 0, d, changes, at, dimension);
  }

  private static float[] atLeast(float[] array, int length) {
    return array.length >= length ? array : new float[Math.max(length, 2 * array.length)];
  }
}
