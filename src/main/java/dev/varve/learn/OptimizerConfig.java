package dev.varve.learn;

import dev.varve.base.Check;
import dev.varve.base.Doc;

/**
 * How fast it is learned; the components are the keys of the section {@code optimizer}. AdaGrad
 * divides a rate by the root of the squared gradients seen so far.
 */
public record OptimizerConfig(
    @Doc(
            "How rows are stepped: adagrad (a sum of squares for each coordinate: best quality),"
                + " rowwise-adagrad (one for all coordinates of a row: least memory for the"
                + " quality), or sgd. Rows that are stored keep the kind they were learned with.")
        OptimizerKind kind,
    @Doc(
            "Learning rate of a row's coordinates, and the most that one of them moves in a step;"
                + " above 0, at most 10.")
        double rate,
    @Doc(
            "The same for the linear weights and the bias, of an example of one feature; of n"
                + " features each steps by an nth. Above 0, at most 10.")
        double linearRate,
    @Doc("The same for the entries of a basis; above 0, at most 10.") double basisRate,
    @Doc("The same for the weights of the head dlrm; above 0, at most 10.") double denseRate,
    @Doc(
            "Sum of squared gradients that every coordinate and weight starts with; from 1e-20 to"
                + " 1e20.")
        double initialAccumulator,
    @Doc("Standard deviation of a new row's coordinates; above 0, at most 1.") double initialScale,
    @Doc(
            "The longest gradient of a row that a step takes, summed over a micro-batch; a longer"
                + " one is shortened to it. 0 for no bound; else from 1e-6 to 1e18.")
        double clipNorm,
    @Doc(
            "The largest that a weight or a coordinate gets, in rows, bases and perceptrons, above"
                + " or below 0; from 0.01 to 1e6.")
        double clipWeight,
    @Doc(
            "Examples of a partition over which rates rise from nothing to what they are; 0 for"
                + " none, at most 1e15.")
        long warmUp,
    @Doc("Examples of a partition after which rates halve, again and again; 0 for never.")
        long halveEvery,
    @Doc("What rates that halve do not fall below, as a share of what they are; from 0.001 to 1.")
        double leastShare) {
  private static final long MOST_EXAMPLES = 1_000_000_000_000_000L;

  public OptimizerConfig {
    requireRate("rate", rate);
    requireRate("linearRate", linearRate);
    requireRate("basisRate", basisRate);
    requireRate("denseRate", denseRate);
    Check.that(
        initialAccumulator >= 1e-20 && initialAccumulator <= 1e20,
        "initialAccumulator",
        initialAccumulator,
        "from 1e-20 to 1e20");
    Check.that(
        initialScale > 0 && initialScale <= 1, "initialScale", initialScale, "above 0, at most 1");
    Check.that(
        clipNorm == 0 || (clipNorm >= 1e-6 && clipNorm <= 1e18),
        "clipNorm",
        clipNorm,
        "0, or from 1e-6 to 1e18");
    Check.that(
        clipWeight >= 0.01 && clipWeight <= 1e6, "clipWeight", clipWeight, "from 0.01 to 1e6");
    requireExamples("warmUp", warmUp);
    requireExamples("halveEvery", halveEvery);
    Check.that(leastShare >= 0.001 && leastShare <= 1, "leastShare", leastShare, "from 0.001 to 1");
  }

  private static void requireRate(String name, double rate) {
    Check.that(rate > 0 && rate <= 10, name, rate, "above 0, at most 10");
  }

  private static void requireExamples(String name, long examples) {
    Check.that(
        examples >= 0 && examples <= MOST_EXAMPLES, name, examples, "0, or examples up to 1e15");
  }

  /**
   * What all rates are multiplied with, when so many examples of a partition have been learned:
   * above 0, at most 1.
   */
  public float rateAt(long examples) {
    double warmth = warmUp == 0 ? 1 : Math.min(1, (examples + 1.0) / warmUp);
    double left = halveEvery == 0 ? 1 : Math.pow(2, -(double) examples / halveEvery);
    return (float) (warmth * Math.max(leastShare, left));
  }

  /** The same with all rates multiplied. */
  OptimizerConfig times(float factor) {
    return new OptimizerConfig(
        kind,
        factor * rate,
        factor * linearRate,
        factor * basisRate,
        factor * denseRate,
        initialAccumulator,
        initialScale,
        clipNorm,
        clipWeight,
        warmUp,
        halveEvery,
        leastShare);
  }

  /** The same for rows of another kind. */
  public OptimizerConfig with(OptimizerKind other) {
    return new OptimizerConfig(
        other,
        rate,
        linearRate,
        basisRate,
        denseRate,
        initialAccumulator,
        initialScale,
        clipNorm,
        clipWeight,
        warmUp,
        halveEvery,
        leastShare);
  }

  public static OptimizerConfig defaults() {
    return new OptimizerConfig(
        OptimizerKind.ADAGRAD, 0.12, 0.7, 0.05, 0.01, 0.1, 0.01, 0, 100, 0, 0, 0.1);
  }
}
