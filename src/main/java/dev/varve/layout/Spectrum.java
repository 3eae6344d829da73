package dev.varve.layout;

import dev.varve.schema.TableCensus;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much each coordinate of a table's vectors is worth: its mean square as it is served. Measured
 * where the census has it and it falls from coordinate to coordinate; otherwise the power law
 * {@code E_k = E_1 * k^-2s} fitted to what there is. Immutable.
 *
 * <p><b>Source:</b> the power law and s = 2/3 where nothing is measured (it corresponds to α = 3/4
 * of the rule of Ginart et al. 2019, by α = 1 / 2s) stand in the design notes; the fit is least
 * squares of the logarithms, weighted with the rows behind each.
 */
final class Spectrum {
  /** Exponent 2s where nothing is measured. */
  static final double DEFAULT_EXPONENT = 4.0 / 3;

  /** Standard error of the exponent where there are too few coordinates to tell. */
  private static final double UNKNOWN_ERROR = 0.4;

  private static final double LEAST_EXPONENT = 0.2;
  private static final double LARGEST_EXPONENT = 6;

  private final double[] energy;
  private final double exponentError;

  private Spectrum(double[] energy, double exponentError) {
    this.energy = energy;
    this.exponentError = exponentError;
  }

  /**
   * Spectra of all tables; a table without a measurement has the mean first energy of the others.
   */
  static Map<String, Spectrum> of(List<TableCensus> tables, int baseDimension) {
    double first =
        tables.stream()
            .filter(table -> table.getEnergyCount() > 0 && table.getEnergy(0) > 0)
            .mapToDouble(table -> table.getEnergy(0))
            .average()
            .orElse(1);
    var spectra = new TreeMap<String, Spectrum>();
    tables.forEach(table -> spectra.put(table.getTable(), of(table, baseDimension, first)));
    return spectra;
  }

  /** The power law of a table that nothing is known of. */
  static Spectrum unknown(int baseDimension) {
    return powerLaw(baseDimension, 1, DEFAULT_EXPONENT, UNKNOWN_ERROR);
  }

  private static Spectrum of(TableCensus table, int baseDimension, double fallbackFirst) {
    var fit = new Fit(table, baseDimension);
    if (fit.points < 2) {
      double first = fit.points == 1 ? fit.first : fallbackFirst;
      return powerLaw(baseDimension, first, DEFAULT_EXPONENT, UNKNOWN_ERROR);
    }
    double exponent = Math.clamp(-fit.slope(), LEAST_EXPONENT, LARGEST_EXPONENT);
    Spectrum fitted = powerLaw(baseDimension, fit.atFirst(), exponent, fit.error());
    if (!falls(table, baseDimension)) {
      return fitted;
    }
    double[] measured = new double[baseDimension];
    for (int i = 0; i < baseDimension; i++) {
      measured[i] = table.getEnergy(i);
    }
    return new Spectrum(measured, fit.error());
  }

  private static boolean falls(TableCensus table, int baseDimension) {
    if (table.getEnergyCount() < baseDimension) {
      return false;
    }
    for (int i = 0; i < baseDimension; i++) {
      double energy = table.getEnergy(i);
      if (!(energy > 0 && energy < Double.MAX_VALUE)
          || (i > 0 && energy > table.getEnergy(i - 1))) {
        return false;
      }
    }
    return true;
  }

  private static Spectrum powerLaw(int width, double first, double exponent, double error) {
    double[] energy = new double[width];
    for (int k = 1; k <= width; k++) {
      energy[k - 1] = first * Math.pow(k, -exponent);
    }
    return new Spectrum(energy, error);
  }

  /** Worth of the first d coordinates. */
  double upTo(int dimension) {
    double sum = 0;
    for (int i = 0; i < dimension; i++) {
      sum += energy[i];
    }
    return sum;
  }

  /**
   * The spectrum if its exponent were off by so many standard errors; its whole worth is the same.
   */
  Spectrum tilted(double standardErrors) {
    double[] tilted = new double[energy.length];
    double sum = 0;
    for (int i = 0; i < tilted.length; i++) {
      tilted[i] = energy[i] * Math.pow(i + 1, -standardErrors * exponentError);
      sum += tilted[i];
    }
    double scale = upTo(energy.length) / sum;
    for (int i = 0; i < tilted.length; i++) {
      tilted[i] *= scale;
    }
    return new Spectrum(tilted, exponentError);
  }

  /** Weighted least squares of log energy on log k. */
  private static final class Fit {
    int points;
    double first;
    private double weights;
    private double meanX;
    private double meanY;
    private double xx;
    private double xy;
    private double yy;

    Fit(TableCensus table, int baseDimension) {
      for (int i = 0; i < Math.min(baseDimension, table.getEnergyCount()); i++) {
        double energy = table.getEnergy(i);
        long rows = i < table.getEnergyRowsCount() ? table.getEnergyRows(i) : 0;
        if (energy > 0 && energy < Double.MAX_VALUE && rows > 0) {
          add(Math.log(i + 1.0), Math.log(energy), (double) rows);
          first = points == 1 ? energy : first;
        }
      }
    }

    /** Welford's update, weighted (West 1979). */
    private void add(double x, double y, double weight) {
      points++;
      weights += weight;
      double dx = x - meanX;
      double dy = y - meanY;
      meanX += dx * weight / weights;
      meanY += dy * weight / weights;
      xx += weight * dx * (x - meanX);
      xy += weight * dx * (y - meanY);
      yy += weight * dy * (y - meanY);
    }

    double slope() {
      return xy / xx;
    }

    double atFirst() {
      return Math.exp(meanY - slope() * meanX);
    }

    double error() {
      if (points < 3) {
        return UNKNOWN_ERROR;
      }
      double residual = Math.max(0, yy - xy * xy / xx);
      return Math.min(UNKNOWN_ERROR, Math.sqrt(residual / (points - 2) / xx));
    }
  }
}
