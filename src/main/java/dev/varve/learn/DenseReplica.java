package dev.varve.learn;

import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Parameters;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * This process's copy of the dense model. Trainers step it at once and send what they changed; a
 * published version replaces what it has merged, and the changes it has not merged yet stay on top.
 *
 * <p>All trainers of a process share one replica: steps that each took alone would add up to
 * several times the intended step when they are merged.
 *
 * <p><b>Threads:</b> any. Every state has a lock, so that trainers hardly wait for each other; what
 * concerns all states (a delta, a version, forgetting) has one of its own, which is taken first. A
 * version so comes to one state after the other, beside trainers that read them. Steps and deltas
 * of one trainer come from one thread.
 */
public final class DenseReplica {
  private record Sent(long endOffset, Map<String, float[]> changes) {}

  /** Named parameters (shape as in {@link Adagrad}). */
  private static final class State {
    /** As it is with all changes. */
    final float[] values;

    /** By trainer, what is not in a delta yet. */
    final Map<Integer, float[]> open = new HashMap<>();

    State(float[] values) {
      this.values = values;
    }

    float[] open(int trainer) {
      float[] change = open.get(trainer);
      if (change == null) {
        change = new float[values.length];
        open.put(trainer, change);
      }
      return change;
    }

    void remember(int trainer, float[] before) {
      float[] change = open(trainer);
      for (int i = 0; i < change.length; i++) {
        change[i] += values[i] - before[i];
      }
    }
  }

  private final Adagrad optimizer;

  /** With what rates are multiplied with now. */
  private volatile Adagrad stepping;

  private final Map<String, State> states = new ConcurrentHashMap<>();
  private Map<String, float[]> published = Map.of();
  private long version;
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
  public void read(String name, int dimension, float[] target, int at) {
    read(name, 1 + dimension, target, at, 2 * (1 + dimension));
  }

  /**
   * Copies the basis of a table.
   *
   * @param target receives float32[width][width]
   */
  public void readBasis(String table, int width, float[] target) {
    read(DenseParameters.basis(table), width * width, target, 0, width * width);
  }

  /**
   * Copies weights of a perceptron ({@link MlpNames}).
   *
   * @param target receives float32[n] from {@code at} on
   */
  void readMlp(String name, int n, float[] target, int at) {
    read(name, n, target, at, n);
  }

  private void read(String name, int weights, float[] target, int at, int floats) {
    State state = state(name, weights);
    synchronized (state) {
      System.arraycopy(state.values, 0, target, at, floats);
    }
  }

  /**
   * Steps the basis of a table and remembers it for the trainer's next delta.
   *
   * @param gradients float32[width][width]
   * @param squares of the rows' own gradients, summed
   */
  void stepBasis(int trainer, String table, int width, float[] gradients, float[] squares) {
    State state = state(DenseParameters.basis(table), width * width);
    synchronized (state) {
      float[] before = state.values.clone();
      stepping.stepBasis(state.values, width * width, gradients, squares);
      state.remember(trainer, before);
    }
  }

  /**
   * Steps weights of a perceptron and remembers it for the trainer's next delta.
   *
   * @param gradients float32[n] from {@code from} on, summed over the examples
   */
  void stepMlp(int trainer, String name, float[] gradients, int from, int n, int examples) {
    State state = state(name, n);
    synchronized (state) {
      stepping.stepMlp(state.values, state.open(trainer), n, gradients, from, examples);
    }
  }

  /** Takes a step and remembers it for the trainer's next delta. */
  public void step(int trainer, String name, int dimension, float[] gradients, int from) {
    State state = state(name, 1 + dimension);
    synchronized (state) {
      float[] before = state.values.clone();
      if (stepping.step(state.values, 0, dimension, gradients, from)) {
        state.remember(trainer, before);
      }
    }
  }

  /**
   * What the trainer changed since it last asked; no changes give a delta without parameters.
   *
   * @param endOffset names the delta: behind the last example it learned from
   */
  public synchronized DenseDelta takeDelta(int trainer, long endOffset, long layoutVersion) {
    Map<String, float[]> changes = new HashMap<>();
    states.forEach(
        (name, state) -> {
          synchronized (state) {
            float[] change = state.open.remove(trainer);
            if (change != null) {
              changes.put(name, change);
            }
          }
        });
    var delta =
        DenseDelta.newBuilder()
            .setTrainer(trainer)
            .setEndOffset(endOffset)
            .setLayoutVersion(layoutVersion);
    if (!changes.isEmpty()) {
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
    sent.remove(trainer);
    for (State state : states.values()) {
      synchronized (state) {
        state.open.remove(trainer);
      }
    }
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
    published.forEach((name, values) -> state(name, values.length / 2));
    states.forEach(
        (name, state) -> {
          int weights = state.values.length / 2;
          float[] base = published.get(name);
          if (base == null) {
            base = DenseParameters.initial(optimizer, name, weights);
          }
          synchronized (state) {
            System.arraycopy(base, 0, state.values, 0, base.length);
            sent.values().forEach(deltas -> deltas.forEach(delta -> add(delta, name, state)));
            state.open.values().forEach(change -> add(change, state.values));
          }
        });
  }

  private static void add(Sent delta, String name, State state) {
    float[] change = delta.changes.get(name);
    if (change != null) {
      add(change, state.values);
    }
  }

  private static void add(float[] change, float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] += change[i];
    }
  }

  /**
   * Named parameters.
   *
   * @param weights how many there are
   */
  private State state(String name, int weights) {
    State state = states.get(name);
    if (state != null) {
      return state;
    }
    return states.computeIfAbsent(
        name, _ -> new State(DenseParameters.initial(optimizer, name, weights)));
  }
}
