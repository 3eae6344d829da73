package dev.varve.learn;

import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Parameters;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * This process's copy of the dense model. Trainers step it at once and send what they changed; a
 * published version replaces what it has merged, and the changes it has not merged yet stay on top.
 *
 * <p>All trainers of a process share one replica: steps that each took alone would add up to
 * several times the intended step when they are merged.
 *
 * <p><b>Threads:</b> any; one lock.
 */
public final class DenseReplica {
  private record Sent(long endOffset, Map<String, float[]> changes) {}

  private final Adagrad optimizer;

  /** With what rates are multiplied with now. */
  private volatile Adagrad stepping;

  private Map<String, float[]> published = Map.of();
  private long version;
  private final Map<String, float[]> current = new HashMap<>();
  private final Map<Integer, Map<String, float[]>> open = new HashMap<>();
  private final Map<Integer, ArrayDeque<Sent>> sent = new HashMap<>();

  public DenseReplica(Adagrad optimizer) {
    this.optimizer = optimizer;
    this.stepping = optimizer;
  }

  /** What rates of the steps that follow are multiplied with, of all trainers. */
  void rate(float factor) {
    stepping = (Adagrad) optimizer.times(factor);
  }

  /** Copies the state of named parameters (shape as in {@link Adagrad}) to {@code target}. */
  public synchronized void read(String name, int dimension, float[] target, int at) {
    float[] state = state(name, dimension);
    System.arraycopy(state, 0, target, at, state.length);
  }

  /**
   * Copies the basis of a table.
   *
   * @param target receives float32[width][width]
   */
  public synchronized void readBasis(String table, int width, float[] target) {
    float[] state = state(DenseParameters.basis(table), width * width - 1);
    System.arraycopy(state, 0, target, 0, width * width);
  }

  /**
   * Steps the basis of a table and remembers it for the trainer's next delta.
   *
   * @param gradients float32[width][width]
   * @param squares of the rows' own gradients, summed
   */
  synchronized void stepBasis(
      int trainer, String table, int width, float[] gradients, float[] squares) {
    String name = DenseParameters.basis(table);
    float[] state = state(name, width * width - 1);
    float[] before = state.clone();
    stepping.stepBasis(state, width * width, gradients, squares);
    remember(trainer, name, before, state);
  }

  /**
   * Copies weights of a perceptron ({@link MlpNames}).
   *
   * @param target receives float32[n]
   */
  synchronized void readMlp(String name, int n, float[] target) {
    System.arraycopy(state(name, n - 1), 0, target, 0, n);
  }

  /**
   * Steps weights of a perceptron and remembers it for the trainer's next delta.
   *
   * @param gradients float32[n] from {@code from} on, summed over the examples
   */
  synchronized void stepMlp(
      int trainer, String name, float[] gradients, int from, int n, int examples) {
    float[] state = state(name, n - 1);
    float[] before = state.clone();
    stepping.stepMlp(state, n, gradients, from, examples);
    remember(trainer, name, before, state);
  }

  /** Takes a step and remembers it for the trainer's next delta. */
  public synchronized void step(
      int trainer, String name, int dimension, float[] gradients, int from) {
    float[] state = state(name, dimension);
    float[] before = state.clone();
    if (stepping.step(state, 0, dimension, gradients, from)) {
      remember(trainer, name, before, state);
    }
  }

  private void remember(int trainer, String name, float[] before, float[] state) {
    float[] change =
        open.computeIfAbsent(trainer, _ -> new HashMap<>())
            .computeIfAbsent(name, _ -> new float[state.length]);
    for (int i = 0; i < state.length; i++) {
      change[i] += state[i] - before[i];
    }
  }

  /**
   * What the trainer changed since it last asked; no changes give a delta without parameters.
   *
   * @param endOffset names the delta: behind the last example it learned from
   */
  public synchronized DenseDelta takeDelta(int trainer, long endOffset, long layoutVersion) {
    Map<String, float[]> changes = open.remove(trainer);
    var delta =
        DenseDelta.newBuilder()
            .setTrainer(trainer)
            .setEndOffset(endOffset)
            .setLayoutVersion(layoutVersion);
    if (changes != null) {
      sent.computeIfAbsent(trainer, _ -> new ArrayDeque<>()).add(new Sent(endOffset, changes));
      changes.forEach((name, change) -> delta.addChanges(DenseParameters.toProto(name, change)));
    }
    return delta.build();
  }

  /** Takes in a published version. */
  public synchronized void fold(DenseModel model) {
    Map<String, float[]> next = new HashMap<>();
    for (Parameters parameters : model.getParametersList()) {
      next.put(parameters.getName(), DenseParameters.toState(parameters));
    }
    published = next;
    version = model.getVersion();
    sent.forEach(
        (trainer, deltas) -> {
          long merged = model.getMergedOrDefault(trainer, -1);
          while (!deltas.isEmpty() && deltas.element().endOffset <= merged) {
            deltas.remove();
          }
        });
    rebuild();
  }

  /** Takes back what a trainer stepped since its last merged delta: its transaction was aborted. */
  public synchronized void forget(int trainer) {
    open.remove(trainer);
    sent.remove(trainer);
    rebuild();
  }

  /** The numerical features that the published version has parameters for. */
  public synchronized List<String> numericals() {
    return published.keySet().stream().flatMap(DenseParameters::featureOf).toList();
  }

  /** The published version that this replica builds on; 0 before the first. */
  public synchronized long version() {
    return version;
  }

  private void rebuild() {
    current.clear();
    published.forEach((name, state) -> current.put(name, state.clone()));
    sent.values().forEach(deltas -> deltas.forEach(delta -> delta.changes.forEach(this::add)));
    open.values().forEach(changes -> changes.forEach(this::add));
  }

  private void add(String name, float[] change) {
    float[] state = state(name, change.length / 2 - 1);
    for (int i = 0; i < state.length; i++) {
      state[i] += change[i];
    }
  }

  private float[] state(String name, int dimension) {
    return current.computeIfAbsent(
        name, _ -> DenseParameters.initial(optimizer, name, 1 + dimension));
  }
}
