package dev.varve.learn;

import dev.varve.event.KeyedExample;
import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowKeys;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects a micro-batch, reads the rows that its examples use, and predicts all of them with the
 * state before the batch: rows as the tables have them, with this process's own steps that the
 * tables lack ({@link InFlight}), and dense parameters of the {@link DenseReplica}.
 *
 * <p><b>Threads:</b> one per instance; reused from batch to batch.
 */
public final class Predictor {
  private static final int MOST_SLOTS = 16_384;
  private static final float[] NO_FLOATS = {};

  private final int shards;
  private final int dimension;
  private final Trainer.Shared shared;

  /** Floats of a row's state. */
  private final int width;

  private final RowEncoding encoding;
  private final Head head;
  private final Projection projection;
  private final MicroBatch batch;
  private final RowKeys keys = new RowKeys();
  private final ShardedSlots sorted;

  /** By shard, float32[slots(shard)][width], rows as if they were of the widest dimension. */
  private final float[][] states;

  /** The state of a numerical feature. */
  private final float[] dense;

  /** The dimension that each slot's row is learned for; 0 where it has none. */
  private int[] slotDimensions = {};

  /** The dimension that each slot's row was read with. */
  private int[] slotFound = {};

  /** Popularity of each slot's category, base-2 logarithm. */
  private float[] slotPopularities = NO_FLOATS;

  /** float32[slots][1 + D]: linear weights and vectors as they are served. */
  private float[] served = NO_FLOATS;

  private int[] dimensions = {};
  private int[] found = {};
  private float[] popularities = NO_FLOATS;
  private InFlight.@Nullable Pending[] underway = {};
  private int[] underwayOccurrences = {};
  private float[] logits = NO_FLOATS;
  private final float[] bias = new float[2];

  /**
   * @param shards number of shards
   * @param dimension width D of a vector
   */
  public Predictor(int shards, int dimension, Trainer.Shared shared) {
    this.shards = shards;
    this.dimension = dimension;
    this.shared = shared;
    this.encoding = shared.optimizer().encoding();
    this.width = encoding.stateLength(dimension);
    this.states = new float[shards][0];
    this.dense = new float[RowEncoding.FLOAT32_ADAGRAD.stateLength(dimension)];
    this.head = Head.of(shared.model());
    this.projection = new Projection(dimension, shared.model().basis() == BasisKind.LEARNED);
    this.batch = new MicroBatch(shared.features());
    this.sorted = new ShardedSlots(shards);
  }

  /** Takes an example into the micro-batch. */
  public void add(KeyedExample example, String source) {
    batch.add(example, source);
  }

  /** Number of examples in the micro-batch. */
  public int size() {
    return batch.size();
  }

  /** Whether the micro-batch should be predicted: many examples, or many rows for its size. */
  public boolean isFull(int examples) {
    return batch.size() >= examples || batch.slots() >= MOST_SLOTS;
  }

  /** Predicts the examples of the micro-batch. */
  public void predict() {
    read();
    logits = atLeast(logits, batch.size());
    head.predict(batch, served, shared.dense(), logits);
    for (int example = 0; example < batch.size(); example++) {
      logits[example] += bias[0];
    }
  }

  /** The log-odds of an example of the micro-batch that was predicted. */
  public float logit(int example) {
    return logits[example];
  }

  /** Empties the micro-batch. */
  public void clear() {
    batch.clear();
  }

  MicroBatch batch() {
    return batch;
  }

  Head head() {
    return head;
  }

  Projection projection() {
    return projection;
  }

  /** The slots of categories that a shard has, sorted by feature. */
  int[] slots(int shard) {
    return sorted.of(shard);
  }

  /**
   * The states of a shard's slots, in their order: float32[slots][width], rows as if they were of
   * the widest dimension.
   */
  float[] states(int shard) {
    return states[shard];
  }

  /** The dimension that each slot's row is learned for; 0 where it has none. */
  int[] slotDimensions() {
    return slotDimensions;
  }

  /** The dimension that each slot's row was read with. */
  int[] slotFound() {
    return slotFound;
  }

  /**
   * The logarithm to the base 2 of the popularity of a slot's category; negative infinity where it
   * is not counted exactly.
   */
  float popularity(int slot) {
    return slotPopularities[slot];
  }

  private void read() {
    served = atLeast(served, batch.slots() * (1 + dimension));
    if (slotDimensions.length < batch.slots()) {
      slotDimensions = new int[2 * batch.slots()];
      slotFound = new int[2 * batch.slots()];
      slotPopularities = new float[2 * batch.slots()];
    }
    projection.begin();
    sorted.sort(batch);
    shared.inFlight().refresh(shared.rows());
    for (int shard = 0; shard < shards; shard++) {
      readRows(shard, sorted.of(shard));
    }
    for (int slot = 0; slot < batch.slots(); slot++) {
      if (!batch.isCategory(slot)) {
        String name = DenseParameters.numerical(batch.feature(slot).name());
        shared.dense().read(name, dimension, dense, 0);
        slotDimensions[slot] = dimension;
        System.arraycopy(dense, 0, served, slot * (1 + dimension), 1 + dimension);
      }
    }
    shared.dense().read(DenseParameters.BIAS, 0, bias, 0);
  }

  private void readRows(int shard, int[] slots) {
    if (slots.length == 0) {
      return;
    }
    float[] rows = atLeast(states[shard], slots.length * width);
    states[shard] = rows;
    if (dimensions.length < slots.length) {
      dimensions = new int[2 * slots.length];
      found = new int[2 * slots.length];
      popularities = new float[2 * slots.length];
      underway = new InFlight.Pending[2 * slots.length];
      underwayOccurrences = new int[2 * slots.length];
    }
    shared.inFlight().find(batch, slots, underway, underwayOccurrences);
    keys.clear();
    for (int i = 0; i < slots.length; i++) {
      int slot = slots[i];
      keys.add(
          batch.feature(slot).name(),
          batch.category(slot),
          underwayOccurrences[i],
          batch.occurrences(slot));
    }
    shared.rows().read(shard, keys, batch.latestMs(), rows, width, dimensions, found, popularities);
    for (int i = 0; i < slots.length; i++) {
      int slot = slots[i];
      slotFound[slot] = Math.max(found[i], 0);
      slotPopularities[slot] = popularities[i];
      slotDimensions[slot] = Math.max(dimensions[i], 0);
      widen(rows, i * width, slotDimensions[slot]);
    }
    shared.inFlight().addTo(underway, slots.length, dimensions, rows);
    for (int i = 0; i < slots.length; i++) {
      int slot = slots[i];
      projection.of(batch.feature(slot).name(), shared.dense());
      projection.serve(rows, i * width, slotDimensions[slot], served, slot * (1 + dimension));
    }
  }

  /** Makes a row of dimension d one of the widest, with zeros where it has nothing. */
  private void widen(float[] rows, int at, int d) {
    if (d == dimension) {
      return;
    }
    if (d == 0) {
      Arrays.fill(rows, at, at + width, 0);
      return;
    }
    int length = encoding.stateLength(d);
    encoding.copy(rows, at, d, rows, at, dimension);
    int sums = length - 1 - d;
    Arrays.fill(rows, at + 1 + d, at + 1 + dimension, 0);
    Arrays.fill(rows, at + 1 + dimension + sums, at + width, 0);
  }

  static float[] atLeast(float[] array, int length) {
    return array.length >= length ? array : new float[Math.max(length, 2 * array.length)];
  }
}
