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
