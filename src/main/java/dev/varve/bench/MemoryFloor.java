package dev.varve.bench;

import dev.varve.kernel.Memory;
import java.util.SplittableRandom;

/**
 * What does this machine's memory cost? The floor under every other figure: a row that is not in a
 * cache cannot be had for less.
 *
 * <p>A table as large as the rows holds in each row the number of another, so that they form one
 * ring in random order. Walking the ring, each miss waits for the one before. Loading the rows of a
 * list, many misses are on their way together.
 */
final class MemoryFloor implements AutoCloseable {
  private static final long STRIDE = 100;
  private static final int STEPS = 512;

  private final Memory.Region region;
  private final int rows;
  private final int[] order;
  private int at;
  private int next;

  /** Keeps the loads from being optimized away. */
  @SuppressWarnings("UnusedVariable")
  private int sink;

  MemoryFloor(int rows, long seed) {
    this.rows = rows;
    this.region = Memory.reserve(rows * STRIDE, true);
    this.order = Draws.shuffled(rows, new SplittableRandom(seed));
    for (int i = 0; i < rows; i++) {
      Memory.putInt(row(order[i]), order[(i + 1) % rows]);
    }
  }

  static long bytes(int rows) {
    return rows * (STRIDE + Integer.BYTES);
  }

  private long row(int number) {
    return region.address() + number * STRIDE;
  }

  /** One miss after the other. */
  int dependent() {
    for (int i = 0; i < STEPS; i++) {
      at = Memory.getInt(row(at));
    }
    return STEPS;
  }

  /** Many misses at a time. */
  int independent() {
    int n = Math.min(STEPS, rows - next);
    int seen = 0;
    for (int i = next; i < next + n; i++) {
      seen += Memory.getInt(row(order[i]));
    }
    sink = seen;
    next = next + n == rows ? 0 : next + n;
    return n;
  }

  @Override
  public void close() {
    region.free();
  }
}
