package dev.varve.bench;

import com.google.protobuf.ByteString;
import dev.varve.base.Check;
import dev.varve.base.Seeds;
import dev.varve.learn.Gradient;
import dev.varve.learn.Optimizer;
import dev.varve.log.ZipfSampler;
import dev.varve.store.Embeddings;
import dev.varve.store.LookupStatus;
import dev.varve.store.Vectors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/**
 * Says which vectors rows may have while layouts move them, whose first gradients follow from their
 * keys and whose others are zero.
 *
 * <p>A row begins at its initial coordinates, and its first update takes one known step. A move
 * down cuts coordinates off; a move up appends the initial ones. So a vector is made of three
 * parts, from coordinate 0, 4 and 8 on: the first is as learned for ever; each of the others as
 * learned, or initial, or zeros where the row ends before it.
 *
 * <p><b>Threads:</b> {@link #isRight} any; the rest one.
 */
final class KnownRows implements UpdateSender.Gradients {
  static final int WIDTH = Settings.DIMENSION;
  static final int HALF = WIDTH / 2;
  static final int QUARTER = WIDTH / 4;

  private static final int LENGTH = Gradient.length(WIDTH);
  private static final int CHUNK = 512;
  private static final int[] PARTS = {0, QUARTER, HALF, WIDTH};

  /** What a part of a row is. */
  private static final byte LEARNED = 0;

  private static final byte INITIAL = 1;
  private static final byte CUT = 2;

  private final Population population;

  /** float32[rows][16] each. */
  private final float[] learned;

  private final float[] initial;

  /** byte[rows][3]: what the parts were when all rows were read. */
  private final byte[] parts;

  private boolean areStill;

  KnownRows(Population population, Optimizer optimizer) {
    int rows = population.rows();
    this.population = population;
    this.learned = new float[rows * WIDTH];
    this.initial = new float[rows * WIDTH];
    this.parts = new byte[rows * (PARTS.length - 1)];
    float[] gradient = new float[LENGTH];
    for (int number = 0; number < rows; number++) {
      long key = population.key(number);
      float[] state = optimizer.initial(UpdateSender.TABLE, key, WIDTH);
      System.arraycopy(state, 1, initial, number * WIDTH, WIDTH);
      gradient(key, gradient);
      optimizer.step(state, 0, WIDTH, gradient, 0);
      System.arraycopy(state, 1, learned, number * WIDTH, WIDTH);
    }
  }

  private static void gradient(long key, float[] to) {
    Seeds.gaussian(Seeds.mix(key, 1), 0.1f, to, 0, 1 + WIDTH);
    float squares = 0;
    for (int j = 1; j <= WIDTH; j++) {
      squares += to[j] * to[j];
    }
    to[1 + WIDTH] = to[0] * to[0];
    to[2 + WIDTH] = squares;
  }

  /** From now on gradients are zero: every row has had its step. */
  void becomeStill() {
    areStill = true;
  }

  @Override
  public ByteString of(long[] keys, int n) {
    byte[] bytes = new byte[n * LENGTH * Float.BYTES];
    if (!areStill) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      float[] gradient = new float[LENGTH];
      for (int i = 0; i < n; i++) {
        gradient(keys[i], gradient);
        for (float value : gradient) {
          buffer.putFloat(value);
        }
      }
    }
    return ByteString.copyFrom(bytes);
  }

  /** Whether a vector is one that the row may have at some time. */
  boolean isRight(int number, float[] vectors, int at) {
    boolean isCut = false;
    for (int part = 0; part < PARTS.length - 1; part++) {
      byte is = part(number, part, vectors, at);
      if (is < 0 || (is != CUT && isCut) || (part == 0 && is != LEARNED)) {
        return false;
      }
      isCut = is == CUT;
    }
    return true;
  }

  /** What a part of a vector is; -1 for nothing that it may be. */
  private byte part(int number, int part, float[] vectors, int at) {
    int from = PARTS[part];
    int to = PARTS[part + 1];
    if (isSame(learned, number * WIDTH, vectors, at, from, to)) {
      return LEARNED;
    }
    if (isSame(initial, number * WIDTH, vectors, at, from, to)) {
      return INITIAL;
    }
    for (int j = from; j < to; j++) {
      if (vectors[at + j] != 0) {
        return -1;
      }
    }
    return CUT;
  }

  private static boolean isSame(float[] a, int atA, float[] b, int atB, int from, int to) {
    return Arrays.equals(a, atA + from, atA + to, b, atB + from, atB + to);
  }

  /**
   * Reads every row, and compares it with what it was when all were read before: what it had and
   * has still is the same, what it has got is initial.
   *
   * @param mayRegrow whether a row may have lost coordinates and got others since
   * @return rows by what they are now: of dimension 4, 8 and 16
   * @throws IllegalStateException when a vector is another, or a row is missing
   */
  long[] readAll(Embeddings embeddings, boolean mayRegrow) {
    long[] keys = new long[CHUNK];
    var found = new Vectors(CHUNK, WIDTH);
    long[] counts = new long[PARTS.length - 1];
    for (int from = 0; from < population.rows(); from += CHUNK) {
      int n = Math.min(CHUNK, population.rows() - from);
      for (int i = 0; i < CHUNK; i++) {
        keys[i] = population.key(from + Math.min(i, n - 1));
      }
      embeddings.lookup(UpdateSender.TABLE, keys, 0, found);
      for (int i = 0; i < n; i++) {
        if (found.statuses()[i] != LookupStatus.ROW.code()) {
          throw new IllegalStateException(Check.message("row " + keys[i], "none", "one"));
        }
        counts[parts(from + i, found.vectors(), i * WIDTH, mayRegrow) - 1]++;
      }
    }
    return counts;
  }

  /** Compares a row with what it was; gives how many parts it has. */
  private int parts(int number, float[] vectors, int at, boolean mayRegrow) {
    int has = 0;
    boolean isCut = false;
    for (int part = 0; part < PARTS.length - 1; part++) {
      byte before = parts[number * (PARTS.length - 1) + part];
      byte now = part(number, part, vectors, at);
      boolean isKept = now == (before == CUT ? INITIAL : before);
      boolean isRegrown = mayRegrow && now == INITIAL;
      boolean isRight =
          part == 0 ? now == LEARNED : now == CUT || (!isCut && (isKept || isRegrown));
      if (!isRight) {
        throw new IllegalStateException(
            Check.message(
                "vector of key " + population.key(number),
                Arrays.toString(Arrays.copyOfRange(vectors, at, at + WIDTH)),
                "as learned, cut off, or with initial coordinates behind it"));
      }
      isCut = now == CUT;
      has += isCut ? 0 : 1;
      parts[number * (PARTS.length - 1) + part] = now;
    }
    return has;
  }

  /** Numbers of rows drawn by Zipf's law; popular rows are no neighbours in memory. */
  int[] draw(int count, double exponent, long seed) {
    var random = new Random(seed);
    int[] numbers = Draws.shuffled(population.rows(), random);
    var ranks = new ZipfSampler(population.rows(), exponent);
    int[] drawn = new int[count];
    Arrays.setAll(drawn, _ -> numbers[ranks.draw(random) - 1]);
    return drawn;
  }

  long key(int number) {
    return population.key(number);
  }
}
