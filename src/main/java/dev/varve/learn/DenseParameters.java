package dev.varve.learn;

import dev.varve.base.Check;
import dev.varve.schema.Parameters;
import java.util.stream.Stream;

/** Names of dense parameters, and their states (shape as in {@link Adagrad}) as messages. */
final class DenseParameters {
  static final String BIAS = "bias";

  private DenseParameters() {}

  private static final String NUMERICAL = "numerical/";

  /** Linear weight and vector of a numerical feature. */
  static String numerical(String feature) {
    return NUMERICAL + feature;
  }

  private static final String BASIS = "basis/";

  /** The basis of a table. */
  static String basis(String table) {
    return BASIS + table;
  }

  /** The table whose basis has this name; none for other parameters. */
  static Stream<String> tableOf(String name) {
    return name.startsWith(BASIS) ? Stream.of(name.substring(BASIS.length())) : Stream.empty();
  }

  /**
   * What parameters start from: a basis from the identity, others from what the seed gives them.
   *
   * @param weights how many there are; of a basis D²
   */
  static float[] initial(Adagrad optimizer, String name, int weights) {
    if (MlpNames.isOne(name)) {
      return optimizer.initialMlp(name, weights, MlpNames.initialScale(name));
    }
    if (!name.startsWith(BASIS)) {
      return optimizer.initial(name, weights - 1);
    }
    int width = (int) Math.round(Math.sqrt(weights));
    Check.that(width * width == weights, name, weights + " weights", "a square number of them");
    float[] state = new float[2 * weights];
    for (int k = 0; k < width; k++) {
      state[k * width + k] = 1;
    }
    return state;
  }

  /** The numerical feature whose parameters have this name; none for other parameters. */
  static Stream<String> featureOf(String name) {
    return name.startsWith(NUMERICAL)
        ? Stream.of(name.substring(NUMERICAL.length()))
        : Stream.empty();
  }

  static Parameters toProto(String name, float[] state) {
    var parameters = Parameters.newBuilder().setName(name);
    for (int i = 0; i < state.length / 2; i++) {
      parameters.addWeights(state[i]);
      parameters.addAccumulators(state[state.length / 2 + i]);
    }
    return parameters.build();
  }

  static float[] toState(Parameters parameters) {
    int n = parameters.getWeightsCount();
    Check.that(
        n > 0 && parameters.getAccumulatorsCount() == n,
        parameters.getName(),
        n + " weights, " + parameters.getAccumulatorsCount() + " accumulators",
        "as many of each, at least one");
    float[] state = new float[2 * n];
    for (int i = 0; i < n; i++) {
      state[i] = parameters.getWeights(i);
      state[n + i] = parameters.getAccumulators(i);
    }
    return state;
  }
}
