package dev.varve.serve;

import dev.varve.event.FeatureKind;
import dev.varve.event.FeatureSet;
import dev.varve.event.KeyedExample;
import dev.varve.learn.LivePredictions;
import dev.varve.serve.ModelMetadata.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The model that predicts whole examples, with what has been learned by now.
 *
 * <p><b>Threads:</b> any that may block: a shard that is moving is waited for.
 */
final class Scoring {
  private final LivePredictions predictions;
  private final int most;

  /**
   * The model.
   *
   * @param most values that a request may have
   */
  Scoring(LivePredictions predictions, int most) {
    this.predictions = predictions;
    this.most = most;
  }

  ScoreInputs inputs() {
    return new ScoreInputs(predictions.features(), most);
  }

  /** The features that are known by now, as inputs. */
  List<Tensor> features() {
    FeatureSet features = predictions.features();
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < features.size(); i++) {
      FeatureSet.Known known = features.get(i);
      boolean isCategorical = known.kind() == FeatureKind.CATEGORICAL;
      String datatype = isCategorical ? InputTensor.BYTES : InputTensor.FP32;
      tensors.add(new Tensor(known.name(), datatype, List.of(ModelMetadata.ANY)));
    }
    return tensors;
  }

  /** Predicts examples, as if they were shown at the time of the newest event learned. */
  ScoreAnswer answer(RequestHead head, ScoreInputs inputs, Freshness freshness) {
    // Before the first event there is no time yet, and nothing that it matters for.
    long timeMs = Math.max(1, freshness.watermarkMs());
    List<KeyedExample> examples = inputs.examples(head.parameters().pad(), timeMs);
    float[] probabilities = predictions.logits(examples);
    for (int i = 0; i < probabilities.length; i++) {
      if (!Float.isFinite(probabilities[i])) {
        throw RefusedException.unavailable(
            "prediction", "no number", "one; the weights have grown out of bounds");
      }
      probabilities[i] = (float) (1 / (1 + Math.exp(-probabilities[i])));
    }
    return new ScoreAnswer(head, freshness, probabilities);
  }
}
