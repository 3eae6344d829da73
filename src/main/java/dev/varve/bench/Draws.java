package dev.varve.bench;

import dev.varve.log.ZipfSampler;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Keys in the order in which they are asked for, drawn beforehand; from the last on to the first
 * again.
 *
 * <p><b>Threads:</b> one.
 */
final class Draws {
  /** Enough that what was drawn before has left every cache when it comes again. */
  static final int COUNT = 1 << 22;

  private final long[] keys;
  private int at;

  private Draws(long[] keys) {
    this.keys = keys;
  }

  /** Every row with the same probability. */
  static Draws uniform(Population of, long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    long[] keys = new long[COUNT];
    for (int i = 0; i < COUNT; i++) {
      keys[i] = of.key(random.nextInt(of.rows()));
    }
    return new Draws(keys);
  }

  /** By Zipf's law; ranks are dealt at random, so popular rows are no neighbours in memory. */
  static Draws zipf(Population of, double exponent, long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    int[] numbers = shuffled(of.rows(), random);
    var ranks = new ZipfSampler(of.rows(), exponent);
    long[] keys = new long[COUNT];
    for (int i = 0; i < COUNT; i++) {
      keys[i] = of.key(numbers[ranks.draw(random) - 1]);
    }
    return new Draws(keys);
  }

  /** Every row once, in random order. */
  static Draws permutation(Population of, int rows, long seed) {
    int[] numbers = shuffled(rows, new SplittableRandom(seed));
    long[] keys = new long[rows];
    for (int i = 0; i < rows; i++) {
      keys[i] = of.key(numbers[i]);
    }
    return new Draws(keys);
  }

  static int[] shuffled(int n, RandomGenerator random) {
    int[] numbers = new int[n];
    for (int i = 0; i < n; i++) {
      int j = random.nextInt(i + 1);
      numbers[i] = numbers[j];
      numbers[j] = i;
    }
    return numbers;
  }

  /** The same keys, from somewhere else on: for another thread. */
  Draws fork() {
    var other = new Draws(keys);
    other.at = keys.length / 2;
    return other;
  }

  /** Copies the next n keys. */
  void next(long[] to, int n) {
    for (int done = 0; done < n; ) {
      int some = Math.min(n - done, keys.length - at);
      System.arraycopy(keys, at, to, done, some);
      done += some;
      at = at + some == keys.length ? 0 : at + some;
    }
  }
}
