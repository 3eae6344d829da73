package dev.varve.layout;

import dev.varve.schema.Estimate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Share of the embeddings' energy that rows capture: popularity times the worth of the coordinates
 * they have, by popularity times the worth of all coordinates, over all categories that are counted
 * one by one (rows and traces).
 *
 * <p>The 95 % interval is the estimate and 1.96 standard errors to both sides. Their square is the
 * sum of two: the jackknife over shards (Efron 1982; each shard left out once; nothing with one
 * shard), which says how much it depends on which categories were seen, and the square of half the
 * change when the exponent of every spectrum is off by one standard error to the one and to the
 * other side. It knows nothing of what was not measured, such as the loss itself.
 */
final class Captured {
  /** How much three spectra find in one shard, before, after and at most. */
  private static final class Sums {
    final double[] before = new double[TILTS.length];
    final double[] after = new double[TILTS.length];
    final double[] all = new double[TILTS.length];
  }

  /** A share of what {@code all} counts. */
  @FunctionalInterface
  private interface Part {
    double[] of(Sums sums);
  }

  private static final double[] TILTS = {0, 1, -1};
  private static final double NORMAL_95 = 1.96;

  private final List<Sums> shards = new ArrayList<>();
  private final Map<String, Spectrum> spectra;
  private final Spectrum unknown;
  private final int baseDimension;

  Captured(Map<String, Spectrum> spectra, Spectrum unknown, int baseDimension) {
    this.spectra = spectra;
    this.unknown = unknown;
    this.baseDimension = baseDimension;
  }

  /** Counts a shard whose rows would follow cuts, by table. */
  void add(CensusView shard, Map<String, Cuts> after) {
    var sums = new Sums();
    for (TableRows table : shard.tables()) {
      for (int i = 0; i < TILTS.length; i++) {
        add(table, after, i, sums);
      }
    }
    shards.add(sums);
  }

  private void add(TableRows table, Map<String, Cuts> after, int tilt, Sums sums) {
    Cuts cuts = after.get(table.table());
    if (cuts == null) {
      return;
    }
    double[] worth = worth(spectra.getOrDefault(table.table(), unknown).tilted(TILTS[tilt]));
    cuts.visit(
        table,
        (from, to, _, mass) -> {
          sums.before[tilt] += mass * worth[Math.min(from, baseDimension)];
          sums.after[tilt] += mass * worth[to];
          sums.all[tilt] += mass * worth[baseDimension];
        });
  }

  private double[] worth(Spectrum spectrum) {
    double[] worth = new double[baseDimension + 1];
    for (int d = 0; d <= baseDimension; d++) {
      worth[d] = spectrum.upTo(d);
    }
    return worth;
  }

  Estimate before() {
    return estimate(sums -> sums.before, 0);
  }

  Estimate after() {
    return estimate(sums -> sums.after, 0);
  }

  Estimate gain() {
    return estimate(
        sums -> {
          double[] gain = new double[TILTS.length];
          for (int i = 0; i < gain.length; i++) {
            gain[i] = sums.after[i] - sums.before[i];
          }
          return gain;
        },
        -1);
  }

  private Estimate estimate(Part part, double least) {
    double value = share(part, 0, null);
    double tilt = (share(part, 1, null) - share(part, 2, null)) / 2;
    double error = NORMAL_95 * Math.sqrt(jackknife(part) + tilt * tilt);
    return Estimate.newBuilder()
        .setValue(value)
        .setLow(Math.max(least, value - error))
        .setHigh(Math.min(1, value + error))
        .build();
  }

  private double jackknife(Part part) {
    int n = shards.size();
    double[] without = new double[n];
    double mean = 0;
    for (int i = 0; i < n; i++) {
      without[i] = share(part, 0, shards.get(i));
      mean += without[i] / n;
    }
    double squares = 0;
    for (double share : without) {
      squares += (share - mean) * (share - mean);
    }
    return n < 2 ? 0 : squares * (n - 1) / n;
  }

  private double share(Part part, int tilt, @Nullable Sums left) {
    double sum = 0;
    double all = 0;
    for (Sums sums : shards) {
      if (sums != left) {
        sum += part.of(sums)[tilt];
        all += sums.all[tilt];
      }
    }
    return all > 0 ? sum / all : 0;
  }
}
