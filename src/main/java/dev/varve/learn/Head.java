package dev.varve.learn;

/**
 * Makes predictions of the vectors and linear weights of a micro-batch's examples, and gradients of
 * how far those were off.
 *
 * <p><b>Threads:</b> one per instance; it keeps what {@link #gradients} needs from {@link #predict}
 * on.
 */
sealed interface Head permits FmHead, DlrmHead {
  /** The one that is configured. */
  static Head of(ModelConfig model) {
    return switch (model.head()) {
      case LINEAR -> new FmHead(model.dimension(), false);
      case FM -> new FmHead(model.dimension(), true);
      case DLRM -> new DlrmHead(model.dimension(), model.bottom(), model.top());
    };
  }

  /**
   * Predicts the examples of a batch.
   *
   * @param served float32[slots][1 + D], each a linear weight and the vector as it is served
   * @param dense has the head's own parameters
   * @param logits receives float32[examples], without the bias
   */
  void predict(MicroBatch batch, float[] served, DenseReplica dense, float[] logits);

  /**
   * Adds the gradients of the batch that was predicted last. An example of slope 0 has none, also
   * where what it was predicted with is no number: others learn from the rows that it shares.
   *
   * @param slopes float32[examples], derivatives of the loss by the logits
   * @param gradients a {@link Gradient} for every slot
   */
  void gradients(MicroBatch batch, float[] slopes, float[] gradients);

  /** Steps the head's own parameters by the gradients of the same batch. */
  void step(int trainer, DenseReplica dense);
}
