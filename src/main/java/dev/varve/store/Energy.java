package dev.varve.store;

import dev.varve.schema.TableCensus;

/**
 * How much of a table's vectors lies in which coordinate: mean squares over a sample of its rows,
 * weighted with popularity. Coordinate k is counted over the rows that have it.
 *
 * <p>An estimate that plans are made with; nothing that is learned depends on it.
 *
 * <p><b>Threads:</b> the shard's writer.
 */
final class Energy {
  /** One row in so many is looked at. */
  private static final int SHARE = 8;

  private final double[] squares;
  private final double[] weights;
  private final long[] rows;

  /** As of the last complete look. */
  private double[] energy = {};

  private long[] energyRows = {};

  Energy(int dimension) {
    squares = new double[dimension];
    weights = new double[dimension];
    rows = new long[dimension];
  }

  static boolean isSampled(long category) {
    return (category & (SHARE - 1)) == 0;
  }

  /**
   * Looks at a row.
   *
   * @param state its state: the linear weight, then the coordinates
   */
  void add(float[] state, int dimension, double popularity) {
    for (int k = 0; k < dimension; k++) {
      squares[k] += popularity * state[1 + k] * state[1 + k];
      weights[k] += popularity;
      rows[k]++;
    }
  }

  /** All rows have been looked at: shows what was found, and begins anew. */
  void settle() {
    int known = 0;
    while (known < rows.length && rows[known] > 0) {
      known++;
    }
    energy = new double[known];
    energyRows = new long[known];
    for (int k = 0; k < known; k++) {
      energy[k] = weights[k] > 0 ? squares[k] / weights[k] : 0;
      energyRows[k] = rows[k] * SHARE;
    }
    clear();
  }

  void clear() {
    for (int k = 0; k < rows.length; k++) {
      squares[k] = 0;
      weights[k] = 0;
      rows[k] = 0;
    }
  }

  void addTo(TableCensus.Builder census) {
    for (int k = 0; k < energy.length; k++) {
      census.addEnergy(energy[k]).addEnergyRows(energyRows[k]);
    }
  }
}
