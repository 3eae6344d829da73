package dev.varve.log;

import dev.varve.base.Check;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is generated.
 *
 * @param examples how many
 * @param cardinalities categories of each feature c0, c1, …
 * @param zipf exponent s: the category of rank k occurs in proportion to k^-s; 0 is uniform
 * @param driftEvery examples between two changes of popularity; 0 for none
 * @param driftShare share of the ranks that change hands at each drift
 * @param ratePerSec examples per second of event time
 * @param seed same seed, same bytes
 * @param model what the labels follow
 */
public record GeneratorConfig(
    long examples,
    List<Integer> cardinalities,
    double zipf,
    long driftEvery,
    double driftShare,
    double ratePerSec,
    long seed,
    Model model) {
  /** Features by default. */
  public static final int DEFAULT_FEATURES = 13;

  private static final int MAX_FEATURES = 1_000;
  private static final int MAX_CARDINALITY = 100_000_000;
  private static final List<Integer> CARDINALITIES =
      List.of(100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 24, 7, 3);

  /**
   * The planted model: {@code logit = bias + linear effects + pairwise interactions}.
   *
   * @param bias of the logit
   * @param linear standard deviation of the sum of the linear effects
   * @param pairwise standard deviation of the sum of the interactions
   * @param rank of the interactions
   */
  public record Model(double bias, double linear, double pairwise, int rank) {
    public Model {
      Check.that(Math.abs(bias) <= 20, "bias", bias, "between -20 and 20");
      Check.that(linear >= 0 && linear <= 20, "linear", linear, "between 0 and 20");
      Check.that(pairwise >= 0 && pairwise <= 20, "pairwise", pairwise, "between 0 and 20");
      Check.that(rank >= 1 && rank <= 8, "rank", rank, "between 1 and 8");
    }

    /** About a quarter positives, linear effects and interactions of equal weight. */
    public static Model defaults() {
      return new Model(-1.4, 1, 1, 4);
    }
  }

  public GeneratorConfig {
    cardinalities = List.copyOf(cardinalities);
    Check.that(examples >= 0, "examples", examples, "at least 0");
    int features = cardinalities.size();
    Check.that(
        features >= 1 && features <= MAX_FEATURES, "features", features, "between 1 and 1000");
    for (int cardinality : cardinalities) {
      boolean holds = cardinality >= 1 && cardinality <= MAX_CARDINALITY;
      Check.that(holds, "cardinality", cardinality, "between 1 and 100000000");
    }
    Check.that(zipf >= 0 && zipf <= 10, "zipf", zipf, "between 0 and 10");
    Check.that(driftEvery >= 0, "drift-every", driftEvery, "at least 0; 0 for no drift");
    Check.that(driftShare >= 0 && driftShare <= 1, "drift-share", driftShare, "between 0 and 1");
    Check.that(ratePerSec > 0 && ratePerSec <= 1e9, "rate", ratePerSec, "above 0, at most 1e9");
  }

  /** A million examples with mixed cardinalities that drift now and then. */
  public static GeneratorConfig defaults() {
    return new GeneratorConfig(
        1_000_000, cardinalities(DEFAULT_FEATURES), 1.05, 100_000, 0.1, 1_000, 1, Model.defaults());
  }

  /** Mixed cardinalities, 100,000 to 3, repeated as often as there are features. */
  public static List<Integer> cardinalities(int features) {
    Check.that(
        features >= 1 && features <= MAX_FEATURES, "features", features, "between 1 and 1000");
    return IntStream.range(0, features)
        .mapToObj(i -> CARDINALITIES.get(i % CARDINALITIES.size()))
        .toList();
  }
}
