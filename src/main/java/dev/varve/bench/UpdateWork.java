package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.learn.Gradient;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.PopularityBins;
import dev.varve.table.ResidentRows;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * What a shard does with an update batch of rows that are in memory: finds them, counts their
 * popularity, takes a step, stores them. Between the rounds they are written back, to nowhere.
 */
final class UpdateWork implements Work {
  private static final int WIDTH = Settings.DIMENSION;

  private final ResidentRows rows;
  private final Draws draws;
  private final Popularity decay = new Popularity(Duration.ofDays(1).toMillis());
  private final PopularityBins bins = new PopularityBins();
  private final int batch;
  private final long[] keys;
  private final int[] slots = new int[ResidentRows.CHUNK];
  private final float[] gradients;
  private final float[] state = new float[rowFloats()];
  private long nowMs = Population.BEGIN_MS;

  UpdateWork(ResidentRows rows, Draws draws, int batch, long seed) {
    this.rows = rows;
    this.draws = draws;
    this.batch = batch;
    this.keys = new long[batch];
    this.gradients = gradients(batch, seed);
  }

  private static int rowFloats() {
    return Population.ENCODING.stateLength(WIDTH);
  }

  private static float[] gradients(int batch, long seed) {
    var random = new SplittableRandom(seed);
    float[] gradients = new float[batch * Gradient.length(WIDTH)];
    for (int i = 0; i < gradients.length; i++) {
      // Of both signs, but for the squares at the end.
      boolean isSquare = i % Gradient.length(WIDTH) > WIDTH;
      gradients[i] = (float) (isSquare ? random.nextDouble() : random.nextGaussian()) / 100;
    }
    return gradients;
  }

  @Override
  public int run() {
    draws.next(keys, batch);
    nowMs++;
    for (int from = 0; from < batch; from += ResidentRows.CHUNK) {
      int n = Math.min(ResidentRows.CHUNK, batch - from);
      rows.find(Population.TABLE, keys, from, n, slots);
      for (int i = 0; i < n; i++) {
        if (slots[i] == ResidentRows.ABSENT) {
          throw new IllegalStateException(Check.message("row", keys[from + i], "in memory"));
        }
        update(slots[i], (from + i) * Gradient.length(WIDTH));
      }
    }
    return batch;
  }

  private void update(int slot, int gradient) {
    long popularity = rows.popularity(slot);
    long time = rows.time(slot);
    long now = PackedPopularity.packTime(nowMs);
    if (!rows.isDirty(slot)) {
      bins.leave(bin(popularity, time));
    }
    rows.load(slot, state, 0);
    RowwiseStep.step(state, WIDTH, gradients, gradient);
    rows.store(
        slot,
        PackedPopularity.added(decay, popularity, time, 1, now),
        Math.max(time, now),
        state,
        0);
  }

  private long bin(long popularity, long time) {
    return decay.bin(
        PackedPopularity.unpackPopularity(popularity), PackedPopularity.unpackTime(time));
  }

  @Override
  public void betweenRounds() {
    rows.writeBack(slot -> bins.enter(bin(rows.popularity(slot), rows.time(slot))));
    bins.clear();
  }
}
