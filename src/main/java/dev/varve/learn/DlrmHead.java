package dev.varve.learn;

import static dev.varve.kernel.Kernels.KERNELS;

import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Deep learning recommendation model: numerical features go through a perceptron, the bottom, that
 * makes a vector z of them; z and the dot products of all pairs of z and the vectors of categorical
 * features go through another one, the top, that makes the logit. Linear weights are added, as in
 * the factorization machine, and so is the bias.
 *
 * <p>Features may come at any time. The first layers have a block of weights for each numerical
 * feature and for each pair, by name; what a batch lacks is left out, and what one of its examples
 * lacks is 0.
 *
 * <p><b>Source:</b> Naumov et al. 2019, section 2; the linear weights, open features and the gain
 * of products are ours.
 */
final class DlrmHead implements Head {
  private static final String BOTTOM = "bottom";
  private static final String TOP = "top";
  private static final int NONE = -1;

  /**
   * Products enter the top so many times as large: vectors begin with coordinates of 0.01, whose
   * products it would hardly see, and they would learn next to nothing.
   */
  private static final float GAIN = 8;

  private final int dimension;
  private final Pooled pooled;
  private final Mlp bottom;
  private final Mlp top;

  /** Features of the batch, sorted by name: other batches may have others. */
  private List<FeatureSet.Known> numericals = List.of();

  private List<FeatureSet.Known> categoricals = List.of();

  /** Weights of what enters the first layers, for these features. */
  private List<MlpLayer.Block> inputs = List.of();

  private List<MlpLayer.Block> pairs = List.of();

  /** By number of a feature: its place in its list. */
  private int[] places = {};

  private boolean[] isNumerical = {};

  /** How many vectors an example has: z, if there is one, comes first. */
  private int vectorCount;

  /** float32[examples][numerical features]. */
  private float[] values = {};

  /** float32[examples][vectors][D], and derivatives by them. */
  private float[] vectors = {};

  private float[] vectorSlopes = {};

  /** float32[examples] and float32[examples][D], derivatives by logits and by z. */
  private float[] logitSlopes = {};

  private float[] ofZ = {};

  /** float32[examples][D + pairs]: z and the products. */
  private float[] interactions = {};

  /**
   * @param hiddenBottom widths of the hidden layers for numerical features
   * @param hiddenTop widths of the hidden layers for pairs
   */
  DlrmHead(int dimension, List<Integer> hiddenBottom, List<Integer> hiddenTop) {
    this.dimension = dimension;
    this.pooled = new Pooled(dimension);
    this.bottom = new Mlp(BOTTOM, hiddenBottom, dimension, true);
    this.top = new Mlp(TOP, hiddenTop, 1, false);
  }

  @Override
  public void predict(MicroBatch batch, float[] served, DenseReplica dense, float[] logits) {
    pooled.linear(batch, served, logits);
    findFeatures(batch);
    int n = batch.size();
    gather(batch, served);
    if (!numericals.isEmpty()) {
      bottom.begin(inputs, dense);
      float[] z = bottom.forward(values, n);
      for (int example = 0; example < n; example++) {
        KERNELS.copy(z, example * dimension, vectors, at(example, 0), dimension);
      }
    }
    interact(n);
    top.begin(pairs, dense);
    float[] out = top.forward(interactions, n);
    for (int example = 0; example < n; example++) {
      logits[example] += out[example];
    }
  }

  private void findFeatures(MicroBatch batch) {
    var ofBatch = new ArrayList<FeatureSet.Known>();
    Arrays.fill(places, NONE);
    for (int slot = 0; slot < batch.slots(); slot++) {
      int index = batch.featureIndex(slot);
      if (index >= places.length) {
        int had = places.length;
        places = Arrays.copyOf(places, 2 * index + 1);
        isNumerical = Arrays.copyOf(isNumerical, 2 * index + 1);
        Arrays.fill(places, had, places.length, NONE);
      }
      if (places[index] == NONE) {
        places[index] = 0;
        FeatureSet.Known known = batch.feature(slot);
        isNumerical[index] = known.kind() == FeatureKind.NUMERICAL;
        ofBatch.add(known);
      }
    }
    ofBatch.sort(Comparator.comparing(FeatureSet.Known::name));
    List<FeatureSet.Known> numericalsBefore = numericals;
    List<FeatureSet.Known> categoricalsBefore = categoricals;
    numericals = ofKind(ofBatch, FeatureKind.NUMERICAL);
    categoricals = ofKind(ofBatch, FeatureKind.CATEGORICAL);
    vectorCount = firstCategorical() + categoricals.size();
    if (!numericals.equals(numericalsBefore) || !categoricals.equals(categoricalsBefore)) {
      inputs = numericals.stream().map(of -> bottom.input(of.name(), 1)).toList();
      pairs = pairs();
    }
  }

  private List<FeatureSet.Known> ofKind(List<FeatureSet.Known> all, FeatureKind kind) {
    List<FeatureSet.Known> some = all.stream().filter(of -> of.kind() == kind).toList();
    for (int i = 0; i < some.size(); i++) {
      places[some.get(i).index()] = i;
    }
    return some;
  }

  private int firstCategorical() {
    return numericals.isEmpty() ? 0 : 1;
  }

  /** Where the coordinates of an example's vector are. */
  private int at(int example, int vector) {
    return (example * vectorCount + vector) * dimension;
  }

  private int interactionsPerExample() {
    return firstCategorical() * dimension + vectorCount * (vectorCount - 1) / 2;
  }

  /** Values and vectors of the batch, 0 where an example lacks a feature. */
  private void gather(MicroBatch batch, float[] served) {
    int n = batch.size();
    values = MlpLayer.atLeast(values, n * numericals.size());
    vectors = MlpLayer.atLeast(vectors, n * vectorCount * dimension);
    if (batch.firstFeature(n) < n * (numericals.size() + categoricals.size())) {
      Arrays.fill(values, 0, n * numericals.size(), 0);
      Arrays.fill(vectors, 0, n * vectorCount * dimension, 0);
    }
    for (int example = 0; example < n; example++) {
      int end = batch.firstFeature(example + 1);
      for (int feature = batch.firstFeature(example); feature < end; feature++) {
        int index = batch.featureIndex(batch.slot(batch.firstTerm(feature)));
        int place = places[index];
        if (isNumerical[index]) {
          values[example * numericals.size() + place] = batch.scale(batch.firstTerm(feature));
        } else {
          int to = at(example, firstCategorical() + place);
          pooled.vector(batch, feature, served, vectors, to);
        }
      }
    }
  }

  private static float[] cleared(float[] array, int length) {
    float[] enough = MlpLayer.atLeast(array, length);
    Arrays.fill(enough, 0, length, 0);
    return enough;
  }

  /** In the order of {@link #interact}; z has the empty name, which no feature has. */
  private List<MlpLayer.Block> pairs() {
    List<String> names = new ArrayList<>();
    if (!numericals.isEmpty()) {
      names.add("");
    }
    categoricals.forEach(of -> names.add(of.name()));
    List<MlpLayer.Block> blocks = new ArrayList<>();
    if (!numericals.isEmpty()) {
      blocks.add(top.input("", dimension));
    }
    for (int i = 0; i < names.size(); i++) {
      for (int j = i + 1; j < names.size(); j++) {
        blocks.add(top.input(names.get(i) + "/" + names.get(j), 1));
      }
    }
    return blocks;
  }

  private void interact(int n) {
    interactions = MlpLayer.atLeast(interactions, n * interactionsPerExample());
    int to = 0;
    for (int example = 0; example < n; example++) {
      if (!numericals.isEmpty()) {
        KERNELS.copy(vectors, at(example, 0), interactions, to, dimension);
        to += dimension;
      }
      KERNELS.pairs(GAIN, vectors, at(example, 0), vectorCount, dimension, interactions, to);
      to += vectorCount * (vectorCount - 1) / 2;
    }
  }

  @Override
  public void gradients(MicroBatch batch, float[] slopes, float[] gradients) {
    pooled.linearGradients(batch, slopes, gradients);
    int n = batch.size();
    logitSlopes = MlpLayer.atLeast(logitSlopes, n);
    System.arraycopy(slopes, 0, logitSlopes, 0, n);
    for (int example = 0; example < n; example++) {
      if (slopes[example] == 0) {
        forget(example);
      }
    }
    takeApart(n, top.inputSlopes(top.backward(logitSlopes)));
    if (!numericals.isEmpty()) {
      ofZ = MlpLayer.atLeast(ofZ, n * dimension);
      for (int example = 0; example < n; example++) {
        KERNELS.copy(vectorSlopes, at(example, 0), ofZ, example * dimension, dimension);
      }
      bottom.backward(ofZ);
    }
    for (int example = 0; example < n; example++) {
      int end = batch.firstFeature(example + 1);
      for (int feature = batch.firstFeature(example); feature < end; feature++) {
        int index = batch.featureIndex(batch.slot(batch.firstTerm(feature)));
        if (!isNumerical[index]) {
          int from = at(example, firstCategorical() + places[index]);
          pooled.vectorGradients(batch, feature, vectorSlopes, from, gradients);
        }
      }
    }
  }

  private void forget(int example) {
    if (!numericals.isEmpty()) {
      bottom.forget(example);
    }
    top.forget(example);
    Arrays.fill(vectors, at(example, 0), at(example + 1, 0), 0);
  }

  /** From the derivatives by z and the products, those by the vectors. */
  private void takeApart(int n, float[] byInteraction) {
    vectorSlopes = cleared(vectorSlopes, n * vectorCount * dimension);
    int from = 0;
    for (int example = 0; example < n; example++) {
      if (!numericals.isEmpty()) {
        KERNELS.copy(byInteraction, from, vectorSlopes, at(example, 0), dimension);
        from += dimension;
      }
      KERNELS.addPairSlopes(
          GAIN, byInteraction, from, vectors, at(example, 0), vectorCount, dimension, vectorSlopes);
      from += vectorCount * (vectorCount - 1) / 2;
    }
  }

  @Override
  public void step(int trainer, DenseReplica dense) {
    if (!numericals.isEmpty()) {
      bottom.step(trainer, dense);
    }
    top.step(trainer, dense);
  }
}
