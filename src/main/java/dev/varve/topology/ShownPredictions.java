package dev.varve.topology;

import dev.varve.event.ExampleCodec;
import dev.varve.event.FeatureSet;
import dev.varve.event.LimitsConfig;
import dev.varve.event.RefusedEventException;
import dev.varve.learn.Predictor;
import dev.varve.schema.Example;
import dev.varve.schema.Impression;
import org.jspecify.annotations.Nullable;

/**
 * Predicts impressions when they come, some at a time, with what has been learned by then.
 *
 * <p><b>Threads:</b> one.
 */
final class ShownPredictions {
  /** Place of an impression that cannot be predicted: whoever learns it says why. */
  static final int NONE = -1;

  private final ExampleCodec codec;
  private final Predictor predictor;

  ShownPredictions(LimitsConfig limits, Predictor predictor, FeatureSet features) {
    this.codec = new ExampleCodec(limits, features);
    this.predictor = predictor;
  }

  /**
   * Takes an impression.
   *
   * @return its place, for {@link #of}
   */
  int add(Impression impression) {
    var unlabelled =
        Example.newBuilder()
            .setEventTimeMs(impression.getEventTimeMs())
            .setLabel(0)
            .addAllFeatures(impression.getFeaturesList());
    try {
      predictor.add(codec.key(unlabelled.build()), "");
      return predictor.size() - 1;
    } catch (RefusedEventException e) {
      return NONE;
    }
  }

  /** Predicts what was taken. */
  void predict() {
    if (predictor.size() > 0) {
      predictor.predict();
    }
  }

  /** The log-odds of a click that were predicted, where they are a number. */
  @Nullable Float of(int place) {
    if (place == NONE || !Float.isFinite(predictor.logit(place))) {
      return null;
    }
    return predictor.logit(place);
  }

  /** Forgets what was taken. */
  void clear() {
    predictor.clear();
  }
}
