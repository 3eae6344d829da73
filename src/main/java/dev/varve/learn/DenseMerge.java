package dev.varve.learn;

import dev.varve.base.Check;
import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Parameters;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The dense model that all trainers' deltas are merged into. Weights and sums of squares are
 * increments, so merging is addition and every trainer's steps count once.
 *
 * <p><b>Threads:</b> one.
 */
public final class DenseMerge {
  private final Adagrad optimizer;
  private final SortedMap<String, float[]> states = new TreeMap<>();
  private final SortedMap<Integer, Long> merged = new TreeMap<>();
  private long version;

  public DenseMerge(Adagrad optimizer) {
    this.optimizer = optimizer;
  }

  /** Continues from a published version. */
  public void restore(DenseModel model) {
    states.clear();
    merged.clear();
    for (Parameters parameters : model.getParametersList()) {
      states.put(parameters.getName(), DenseParameters.toState(parameters));
    }
    merged.putAll(model.getMergedMap());
    version = model.getVersion();
  }

  /**
   * Adds a delta.
   *
   * @throws IllegalArgumentException when the delta does not fit the model; nothing is changed
   */
  public void merge(DenseDelta delta) {
    Map<String, float[]> differences = new HashMap<>();
    for (Parameters change : delta.getChangesList()) {
      float[] difference = DenseParameters.toState(change);
      check(change.getName(), difference);
      Check.that(
          differences.put(change.getName(), difference) == null,
          "parameters",
          change.getName(),
          "named once in a delta");
    }
    differences.forEach(this::add);
    merged.put(delta.getTrainer(), delta.getEndOffset());
  }

  private void check(String name, float[] difference) {
    float[] state = states.get(name);
    if (state != null) {
      Check.that(
          state.length == difference.length,
          name,
          difference.length / 2 + " weights",
          state.length / 2 + " weights");
    }
    for (float value : difference) {
      Check.that(Float.isFinite(value), name, value, "a finite change");
    }
  }

  private void add(String name, float[] difference) {
    float[] state =
        states.computeIfAbsent(
            name, _ -> DenseParameters.initial(optimizer, name, difference.length / 2));
    for (int i = 0; i < state.length; i++) {
      state[i] += difference[i];
    }
  }

  /** The next version. */
  public DenseModel publish() {
    var model = DenseModel.newBuilder().setVersion(++version).putAllMerged(merged);
    states.forEach((name, state) -> model.addParameters(DenseParameters.toProto(name, state)));
    return model.build();
  }
}
