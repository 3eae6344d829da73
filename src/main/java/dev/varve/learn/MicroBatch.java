package dev.varve.learn;

import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import dev.varve.event.KeyedExample;
import java.util.Arrays;

/**
 * Examples that are predicted and learned together, over the distinct states they use.
 *
 * <p><b>Shape:</b> an example is a run of features, a feature a run of terms, a term a slot and a
 * factor. A slot is one category of one feature, or one numerical feature.
 *
 * <p><b>Threads:</b> one; reused from batch to batch.
 */
final class MicroBatch {
  private static final int NO_SLOT = -1;

  private final FeatureSet features;
  private int[] numericalSlots = {};

  /**
   * Slots of categories, each where its hash points to or in the next free place; {@link #NO_SLOT}
   * where there is none. At most half of it is used.
   */
  private int[] slotsByHash = filled(2048);

  private int examples;
  private int[] firstFeature = new int[129];
  private float[] labels = new float[128];
  private float[] weights = new float[128];
  private float[] kept = new float[128];
  private boolean[] corrections = new boolean[128];
  private float[] predicted = new float[128];
  private String[] sources = new String[128];
  private long latestMs;

  private int featureCount;
  private int[] firstTerm = new int[2049];

  private int terms;
  private int[] termSlot = new int[2048];
  private float[] termScale = new float[2048];

  private int slots;
  private int[] slotFeature = new int[1024];
  private long[] slotCategory = new long[1024];
  private int[] slotOccurrences = new int[1024];
  private long[] slotMs = new long[1024];

  MicroBatch(FeatureSet features) {
    this.features = features;
  }

  void add(KeyedExample example, String source) {
    growNumericals();
    if (examples == labels.length) {
      labels = Arrays.copyOf(labels, 2 * examples);
      weights = Arrays.copyOf(weights, 2 * examples);
      kept = Arrays.copyOf(kept, 2 * examples);
      corrections = Arrays.copyOf(corrections, 2 * examples);
      predicted = Arrays.copyOf(predicted, 2 * examples);
      sources = Arrays.copyOf(sources, 2 * examples);
      firstFeature = Arrays.copyOf(firstFeature, 2 * examples + 1);
    }
    labels[examples] = example.label();
    weights[examples] = example.weight();
    kept[examples] = example.negativesKept();
    corrections[examples] = example.isCorrection();
    Float shown = example.predicted();
    predicted[examples] = shown == null ? Float.NaN : shown;
    sources[examples] = source;
    latestMs = examples == 0 ? example.eventTimeMs() : Math.max(latestMs, example.eventTimeMs());
    addCategories(example);
    addNumericals(example);
    firstFeature[++examples] = featureCount;
  }

  private void addCategories(KeyedExample example) {
    int key = 0;
    for (int i = 0; i < example.fields().length; i++) {
      int feature = example.fields()[i];
      int end = example.ends()[i];
      float scale = 1f / (end - key);
      for (; key < end; key++) {
        int slot = slotOf(feature, example.keys()[key], example.eventTimeMs());
        slotOccurrences[slot]++;
        slotMs[slot] = Math.max(slotMs[slot], example.eventTimeMs());
        addTerm(slot, scale);
      }
      endFeature();
    }
  }

  private void addNumericals(KeyedExample example) {
    for (int i = 0; i < example.numericals().length; i++) {
      int feature = example.numericals()[i];
      if (numericalSlots[feature] == NO_SLOT) {
        numericalSlots[feature] = newSlot(feature, 0, example.eventTimeMs());
      }
      addTerm(numericalSlots[feature], example.values()[i]);
      endFeature();
    }
  }

  /** The slot of a category; a new one where it has none yet. */
  private int slotOf(int feature, long category, long timeMs) {
    int mask = slotsByHash.length - 1;
    for (int at = hash(feature, category) & mask; ; at = (at + 1) & mask) {
      int slot = slotsByHash[at];
      if (slot == NO_SLOT) {
        slot = newSlot(feature, category, timeMs);
        slotsByHash[at] = slot;
        if (2 * slots > slotsByHash.length) {
          growSlotsByHash();
        }
        return slot;
      }
      if (slotCategory[slot] == category && slotFeature[slot] == feature) {
        return slot;
      }
    }
  }

  /** Keys of categories are hashes already; this mixes in the feature. */
  private static int hash(int feature, long category) {
    long mixed = (category + feature) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> Integer.SIZE);
  }

  private void growSlotsByHash() {
    slotsByHash = filled(2 * slotsByHash.length);
    int mask = slotsByHash.length - 1;
    for (int slot = 0; slot < slots; slot++) {
      if (isCategory(slot)) {
        int at = hash(slotFeature[slot], slotCategory[slot]) & mask;
        while (slotsByHash[at] != NO_SLOT) {
          at = (at + 1) & mask;
        }
        slotsByHash[at] = slot;
      }
    }
  }

  private static int[] filled(int length) {
    int[] slots = new int[length];
    Arrays.fill(slots, NO_SLOT);
    return slots;
  }

  private int newSlot(int feature, long category, long timeMs) {
    if (slots == slotFeature.length) {
      slotFeature = Arrays.copyOf(slotFeature, 2 * slots);
      slotCategory = Arrays.copyOf(slotCategory, 2 * slots);
      slotOccurrences = Arrays.copyOf(slotOccurrences, 2 * slots);
      slotMs = Arrays.copyOf(slotMs, 2 * slots);
    }
    slotFeature[slots] = feature;
    slotCategory[slots] = category;
    slotOccurrences[slots] = 0;
    slotMs[slots] = timeMs;
    return slots++;
  }

  private void addTerm(int slot, float scale) {
    if (terms == termSlot.length) {
      termSlot = Arrays.copyOf(termSlot, 2 * terms);
      termScale = Arrays.copyOf(termScale, 2 * terms);
    }
    termSlot[terms] = slot;
    termScale[terms++] = scale;
  }

  private void endFeature() {
    if (featureCount + 2 > firstTerm.length) {
      firstTerm = Arrays.copyOf(firstTerm, 2 * firstTerm.length);
    }
    firstTerm[++featureCount] = terms;
  }

  private void growNumericals() {
    int known = features.size();
    int had = numericalSlots.length;
    if (had < known) {
      numericalSlots = Arrays.copyOf(numericalSlots, known);
      Arrays.fill(numericalSlots, had, known, NO_SLOT);
    }
  }

  void clear() {
    Arrays.fill(slotsByHash, NO_SLOT);
    Arrays.fill(numericalSlots, NO_SLOT);
    examples = 0;
    featureCount = 0;
    terms = 0;
    slots = 0;
  }

  /** Number of examples. */
  int size() {
    return examples;
  }

  int slots() {
    return slots;
  }

  /** First feature of an example; the last example ends where the one behind it would begin. */
  int firstFeature(int example) {
    return firstFeature[example];
  }

  /** The part of a logit's step that each linear weight of an example takes. */
  float linearShare(int example) {
    return 1f / Math.max(1, firstFeature[example + 1] - firstFeature[example]);
  }

  /** First term of a feature; the last feature ends where the one behind it would begin. */
  int firstTerm(int feature) {
    return firstTerm[feature];
  }

  int slot(int term) {
    return termSlot[term];
  }

  /** What the slot's state is multiplied by in this term. */
  float scale(int term) {
    return termScale[term];
  }

  float label(int example) {
    return labels[example];
  }

  float weight(int example) {
    return weights[example];
  }

  /** Share of the examples with label 0 that are there. */
  float negativesKept(int example) {
    return kept[example];
  }

  /** Whether the example was learned with label 0 before, and that is to be taken back. */
  boolean isCorrection(int example) {
    return corrections[example];
  }

  /** Log-odds that were predicted when the example was shown; NaN for none. */
  float predicted(int example) {
    return predicted[example];
  }

  /** Who sent the example; empty when nobody said. */
  String source(int example) {
    return sources[example];
  }

  /** Latest event time of the batch. */
  long latestMs() {
    return latestMs;
  }

  /** Features that categories of the batch may be of: indices are below. */
  int knownFeatures() {
    return numericalSlots.length;
  }

  /** Index of the feature that the slot is of. */
  int featureIndex(int slot) {
    return slotFeature[slot];
  }

  FeatureSet.Known feature(int slot) {
    return features.get(slotFeature[slot]);
  }

  boolean isCategory(int slot) {
    return feature(slot).kind() == FeatureKind.CATEGORICAL;
  }

  long category(int slot) {
    return slotCategory[slot];
  }

  /** How often the category occurs in the batch. */
  int occurrences(int slot) {
    return slotOccurrences[slot];
  }

  /** Latest event time of the category in the batch. */
  long latestMs(int slot) {
    return slotMs[slot];
  }
}
