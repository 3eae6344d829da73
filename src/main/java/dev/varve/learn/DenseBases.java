package dev.varve.learn;

import dev.varve.schema.DenseModel;
import dev.varve.schema.Parameters;
import dev.varve.table.Basis;
import java.util.HashMap;
import java.util.Map;

/** The bases in a version of the dense model. */
public final class DenseBases {
  private DenseBases() {}

  /**
   * The bases by table; what is not of this width is left out.
   *
   * @param width D
   */
  public static Map<String, Basis> of(DenseModel model, int width) {
    Map<String, Basis> bases = new HashMap<>();
    for (Parameters parameters : model.getParametersList()) {
      DenseParameters.tableOf(parameters.getName())
          .filter(_ -> parameters.getWeightsCount() == width * width)
          .forEach(table -> bases.put(table, basis(parameters, width)));
    }
    return Map.copyOf(bases);
  }

  private static Basis basis(Parameters parameters, int width) {
    float[] values = new float[width * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = parameters.getWeights(i);
    }
    return Basis.of(width, values);
  }
}
