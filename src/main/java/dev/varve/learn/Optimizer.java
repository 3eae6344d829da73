package dev.varve.learn;

import dev.varve.base.Seeds;
import dev.varve.kernel.Kernels;
import dev.varve.kernel.Memory;
import dev.varve.table.RowEncoding;
import dev.varve.table.StateStep;

/**
 * Steps a state by a gradient, and says what a state starts from.
 *
 * <p><b>Shape:</b> a state is float32: linear weight, d coordinates, then what the optimizer
 * remembers ({@link RowEncoding#stateLength}). Rows and the parameters of numerical features are
 * alike; the bias is a state with d = 0.
 *
 * <p>A step takes the gradient of a whole micro-batch ({@link Gradient}), which is first shortened
 * where it is longer than the configured norm. One is refused when a float of it is not a number
 * from -1e18 to 1e18, or a sum of squares none from 0 to 1e36: beyond, what is computed from them
 * would leave the floats.
 *
 * <p>The arithmetic is that of {@link Kernels}: the same bits on every machine.
 *
 * <p><b>Threads:</b> any.
 */
public abstract sealed class Optimizer implements StateStep permits Sgd, RowwiseAdagrad, Adagrad {
  static final Kernels KERNELS = Kernels.KERNELS;

  private static final float MOST = 1e18f;
  private static final float MOST_SQUARES = 1e36f;
  private static final int MOST_STATE_BYTES = Float.BYTES * 2 * (1 + 128);
  private static final ThreadLocal<Memory.Block> COPY =
      ThreadLocal.withInitial(() -> Memory.block(MOST_STATE_BYTES));

  final float rate;
  final float linearRate;
  private final RowEncoding encoding;
  private final OptimizerConfig config;
  private final float initialScale;
  private final float longest;
  final float largest;
  private final long seed;

  Optimizer(OptimizerKind kind, OptimizerConfig config, long seed) {
    this.encoding = kind.encoding();
    this.config = config;
    this.rate = (float) config.rate();
    this.linearRate = (float) config.linearRate();
    this.initialScale = (float) config.initialScale();
    this.longest = config.clipNorm() == 0 ? Float.POSITIVE_INFINITY : (float) config.clipNorm();
    this.largest = (float) config.clipWeight();
    this.seed = seed;
  }

  /** The configured one. */
  public static Optimizer of(OptimizerConfig config, long seed) {
    return switch (config.kind()) {
      case SGD -> new Sgd(config, seed);
      case ROWWISE_ADAGRAD -> new RowwiseAdagrad(config, seed);
      case ADAGRAD -> new Adagrad(config, seed);
    };
  }

  /** The optimizer of dense parameters: AdaGrad with the same numbers, whatever rows have. */
  public final Adagrad dense() {
    return new Adagrad(config, seed);
  }

  /** The same with all rates multiplied. */
  public final Optimizer times(float factor) {
    return factor == 1 ? this : of(config.times(factor), seed);
  }

  /** What rates are multiplied with, when so many examples of a partition have been learned. */
  final float rateAt(long examples) {
    return config.rateAt(examples);
  }

  final long seed() {
    return seed;
  }

  /** What its states are. */
  public final RowEncoding encoding() {
    return encoding;
  }

  /** The state of a row that was never updated: linear weight 0, coordinates N(0, scale²). */
  public final float[] initial(String table, long category, int dimension) {
    return initial(Seeds.mix(Seeds.mix(seed, table), category), 0, dimension);
  }

  /** The state of dense parameters that were never updated. */
  public final float[] initial(String name, int dimension) {
    return initial(Seeds.mix(seed, name), 0, dimension);
  }

  /** The same where the first coordinates will be overwritten: those may be anything. */
  public final float[] initial(String table, long category, int from, int dimension) {
    return initial(Seeds.mix(Seeds.mix(seed, table), category), from, dimension);
  }

  private float[] initial(long mixed, int from, int dimension) {
    float[] state = new float[encoding.stateLength(dimension)];
    Seeds.gaussian(mixed, initialScale, state, 1, 1 + dimension, 1 + from);
    return state;
  }

  /**
   * Takes one step.
   *
   * @param state address of the state, changed in place
   * @param gradients hold a {@link Gradient} from {@code from} on
   * @return false, with nothing changed, when the gradient is refused
   */
  @Override
  public final boolean step(long state, int dimension, float[] gradients, int from) {
    float linear = gradients[from];
    float linearSquares = gradients[from + 1 + dimension];
    float vectorSquares = gradients[from + 2 + dimension];
    if (!(KERNELS.isWithin(gradients, from + 1, dimension, MOST)
        && Math.abs(linear) <= MOST
        && isSum(linearSquares)
        && isSum(vectorSquares))) {
      return false;
    }
    float scale = 1;
    if (longest < Float.POSITIVE_INFINITY) {
      float square = KERNELS.squares(gradients, from + 1, dimension) + linear * linear;
      if (square > longest * longest) {
        scale = longest / (float) Math.sqrt(square);
        linearSquares *= scale * scale;
        vectorSquares *= scale * scale;
      }
    }
    stepLinear(state, dimension, scale * linear, linearSquares);
    stepVector(state, dimension, gradients, from + 1, scale, vectorSquares);
    return true;
  }

  private static boolean isSum(float squares) {
    return squares >= 0 && squares <= MOST_SQUARES;
  }

  /** The same for a state in an array, from {@code at} on. */
  public final boolean step(float[] state, int at, int dimension, float[] gradients, int from) {
    int n = encoding.stateLength(dimension);
    Memory.Block copy = COPY.get();
    KERNELS.store(state, at, copy.address(), n);
    boolean isTaken = step(copy.address(), dimension, gradients, from);
    KERNELS.load(copy.address(), state, at, n);
    return isTaken;
  }

  /**
   * What a step would change of a state in an array.
   *
   * @param state from {@code at} on, left as it is
   * @param changes receives the difference, of the same shape, from {@code to} on
   */
  final void change(
      float[] state, int at, int dimension, float[] gradients, int from, float[] changes, int to) {
    int n = encoding.stateLength(dimension);
    Memory.Block copy = COPY.get();
    KERNELS.store(state, at, copy.address(), n);
    var _ = step(copy.address(), dimension, gradients, from);
    KERNELS.load(copy.address(), changes, to, n);
    KERNELS.add(-1, state, at, changes, to, n);
  }

  /**
   * Steps the linear weight.
   *
   * @param squares of the examples' own gradients, summed
   */
  abstract void stepLinear(long state, int dimension, float gradient, float squares);

  /**
   * Steps the coordinates.
   *
   * @param gradients hold d gradients from {@code from} on, to be multiplied by {@code scale}
   * @param squares of the lengths of the examples' own gradients, summed and scaled
   */
  abstract void stepVector(
      long state, int dimension, float[] gradients, int from, float scale, float squares);

  /**
   * One float's step by AdaGrad: adds to its sum of squares, and moves against the gradient by the
   * rate at most.
   *
   * @param sum address of the sum
   */
  final void descend(
      long address, long sum, float gradient, float squares, float rate, float initial) {
    descend(address, gradient / rootOf(sum, squares, initial), rate);
  }

  /** One float's step in a direction, by the rate at most; the float stays within its bounds. */
  final void descend(long address, float direction, float rate) {
    float stepped = Memory.getFloat(address) - rate * cut(direction);
    Memory.putFloat(address, Math.max(-largest, Math.min(stepped, largest)));
  }

  /** No step is farther than the rate. */
  static float cut(float direction) {
    return direction > 1 ? 1 : direction < -1 ? -1 : direction;
  }

  /** Adds to a sum of squares and gives its root; the sum stays finite. */
  static float rootOf(long sum, float squares, float initial) {
    float added = Memory.getFloat(sum) + squares;
    float kept = added > Float.MAX_VALUE ? Float.MAX_VALUE : added;
    Memory.putFloat(sum, kept);
    return (float) Math.sqrt(kept + initial);
  }
}
