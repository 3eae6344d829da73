package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.layout.Layouts;
import dev.varve.layout.TableRule;
import dev.varve.learn.Gradient;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.RowwiseAdagrad;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.PopularityBins;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowUpdates;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What a shard does with an update batch of rows that are in memory: finds them, counts their
 * popularity, takes a step, stores them. Between the rounds they are written back, to nowhere.
 */
final class UpdateWork implements Work {
  private static final int WIDTH = Settings.DIMENSION;

  private final ResidentRows rows;
  private final Draws draws;
  private final RowUpdates updates;
  private final Table table = new Table();
  private final int batch;
  private final long[] keys;
  private final int[] slots = new int[ResidentRows.CHUNK];
  private final RowUpdates.Batch updated;
  private long nowMs = Population.BEGIN_MS;

  UpdateWork(ResidentRows rows, Draws draws, int batch, long seed) {
    this.rows = rows;
    this.updates =
        new RowUpdates(
            rows,
            new Popularity(Duration.ofDays(1).toMillis()),
            new RowwiseAdagrad(OptimizerConfig.defaults(), seed));
    this.draws = draws;
    this.batch = batch;
    this.keys = new long[batch];
    int[] occurrences = new int[batch];
    Arrays.fill(occurrences, 1);
    this.updated =
        new RowUpdates.Batch(occurrences, new long[batch], gradients(batch, seed), new int[batch]);
    Arrays.setAll(updated.at(), i -> i * Gradient.length(WIDTH));
  }

  /** All rows are of one dimension, as in the first layout. */
  private static final class Table implements RowUpdates.Table {
    private final TableRule rule = TableRule.of(Layouts.first(WIDTH), "");
    private final PopularityBins bins = new PopularityBins();

    @Override
    public PopularityBins bins(int dimension) {
      return bins;
    }

    @Override
    public boolean stays(int dimension, double popularity) {
      return rule.stays(dimension, popularity);
    }
  }

  static float[] gradients(int batch, long seed) {
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
    Arrays.fill(updated.units(), PackedPopularity.packTime(++nowMs));
    for (int from = 0; from < batch; from += ResidentRows.CHUNK) {
      int n = Math.min(ResidentRows.CHUNK, batch - from);
      rows.find(Population.TABLE, keys, from, n, slots);
      for (int i = 0; i < n; i++) {
        if (slots[i] == ResidentRows.ABSENT) {
          throw new IllegalStateException(Check.message("row", keys[from + i], "in memory"));
        }
      }
      updates.update(slots, n, updated, from, table, 0);
    }
    return batch;
  }

  @Override
  public void betweenRounds() {
    rows.writeBack(slot -> table.bins.enter(updates.bin(slot)));
    table.bins.clear();
  }
}
