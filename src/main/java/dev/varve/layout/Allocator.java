package dev.varve.layout;

import dev.varve.base.Check;

/**
 * A rule that says how the thresholds of a table's levels relate to each other and to those of
 * other tables. One number is left open, the price: multiplying all thresholds with it makes all
 * blocks smaller or larger together, and {@link Solver} finds the price at which the budget holds.
 *
 * <p>Popularity is on one scale for all tables, occurrences at the merged watermark.
 */
public sealed interface Allocator {
  /** Which rule. */
  enum Kind {
    /** {@link Power}. */
    POWER,
    /** {@link Greedy}. */
    GREEDY
  }

  /** The kind of this rule. */
  Kind kind();

  /**
   * Thresholds at price 1.
   *
   * @param least dimension that every row has anyway, 0 for none
   * @param levels dimensions a row may have beside it, rising, all above it
   * @param cost of a row by dimension
   * @param spectrum worth of a row by dimension
   * @return for each level the popularity above which a row should have at least it; positive,
   *     never falling. Where two are equal the smaller level is not worth having.
   */
  double[] thresholds(int least, int[] levels, RowCost cost, Spectrum spectrum);

  /**
   * The rule of a kind.
   *
   * @param alpha temperature, for the power rule
   */
  static Allocator of(Kind kind, double alpha) {
    return switch (kind) {
      case POWER -> new Power(alpha);
      case GREEDY -> new Greedy();
    };
  }

  /**
   * {@code d = λ p^α}, rounded to the levels geometrically: a row has level l when d lies above the
   * geometric mean of l and the level below it, and above {@code l / √2} for the lowest. So the
   * price is {@code λ^(-1/α)}.
   *
   * <p><b>Source:</b> Ginart et al. 2019, section 4, with the popularity of rows instead of blocks;
   * they do not solve λ again after rounding, so that their budget does not hold.
   *
   * @param alpha temperature α, above 0; the larger, the more the popular rows get
   */
  record Power(double alpha) implements Allocator {
    public Power {
      Check.that(alpha >= 0.05 && alpha <= 4, "alpha", alpha, "from 0.05 to 4");
    }

    @Override
    public Kind kind() {
      return Kind.POWER;
    }

    @Override
    public double[] thresholds(int least, int[] levels, RowCost cost, Spectrum spectrum) {
      double[] thresholds = new double[levels.length];
      for (int i = 0; i < levels.length; i++) {
        double below = i > 0 ? levels[i - 1] : least > 0 ? least : levels[0] / 2.0;
        thresholds[i] = Math.pow(Math.sqrt(below * levels[i]), 1 / alpha);
      }
      return thresholds;
    }
  }

  /**
   * Takes the steps from level to level in the order of their worth by cost: popularity times the
   * energy that the new coordinates capture, by what the row then costs more. The price is the
   * worth by cost of the last step taken; a step that is worth more by cost than the one before it
   * is taken together with that (the upper hull), so a more popular row never has fewer dimensions.
   *
   * <p>A row's linear weight is worth nothing here: no census measures what it gives.
   *
   * <p><b>Source:</b> marginal analysis of separable concave problems, Gross 1956; it is exact to
   * the last step.
   */
  record Greedy() implements Allocator {
    @Override
    public Kind kind() {
      return Kind.GREEDY;
    }

    @Override
    public double[] thresholds(int least, int[] levels, RowCost cost, Spectrum spectrum) {
      double[] thresholds = new double[levels.length];
      int done = -1;
      while (done < levels.length - 1) {
        int best = done + 1;
        double cheapest = Double.POSITIVE_INFINITY;
        for (int i = done + 1; i < levels.length; i++) {
          double price = price(done < 0 ? least : levels[done], levels[i], cost, spectrum);
          if (price <= cheapest) {
            cheapest = price;
            best = i;
          }
        }
        for (int i = done + 1; i <= best; i++) {
          thresholds[i] = cheapest;
        }
        done = best;
      }
      return thresholds;
    }

    /** Cost by worth of a step: the popularity at which it is worth 1 by cost. */
    private static double price(int from, int to, RowCost cost, Spectrum spectrum) {
      double worth = spectrum.upTo(to) - spectrum.upTo(from);
      return (cost.row(to) - cost.row(from)) / Math.max(worth, Double.MIN_NORMAL);
    }
  }
}
