package dev.varve.serve;

import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferResponse;
import dev.varve.schema.inference.ModelStreamInferResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * A stream of requests: each is answered before the next is taken, so answers come in order, and a
 * client that sends faster than it is answered waits. A request that is refused does not end it.
 *
 * <p><b>Threads:</b> its messages come from one event loop, answers go from any thread, one at a
 * time.
 */
final class GrpcStream implements StreamObserver<ModelInferRequest> {
  private final ServerCallStreamObserver<ModelStreamInferResponse> answers;
  private final Function<ModelInferRequest, Executor> threads;
  private final Function<ModelInferRequest, ModelInferResponse> infer;
  private boolean isAnswering;
  private boolean isEnded;

  /**
   * Takes the first request.
   *
   * @param threads where each request is answered
   */
  GrpcStream(
      ServerCallStreamObserver<ModelStreamInferResponse> answers,
      Function<ModelInferRequest, Executor> threads,
      Function<ModelInferRequest, ModelInferResponse> infer) {
    this.answers = answers;
    this.threads = threads;
    this.infer = infer;
    answers.disableAutoRequest();
    // Without it, an answer to a client that is gone would throw.
    answers.setOnCancelHandler(() -> {});
    answers.request(1);
  }

  @Override
  public void onNext(ModelInferRequest request) {
    synchronized (this) {
      isAnswering = true;
    }
    threads.apply(request).execute(() -> answer(request));
  }

  private void answer(ModelInferRequest request) {
    var message = ModelStreamInferResponse.newBuilder();
    try {
      message.setInferResponse(infer.apply(request));
    } catch (RuntimeException e) {
      Failure failure = Failure.logged(e, "ModelStreamInfer");
      message.setErrorMessage(failure.message());
      // So that a client knows which of its requests it was.
      message.getInferResponseBuilder().setId(request.getId());
    }
    answers.onNext(message.build());
    boolean isLast;
    synchronized (this) {
      isAnswering = false;
      isLast = isEnded;
    }
    if (isLast) {
      answers.onCompleted();
    } else {
      answers.request(1);
    }
  }

  @Override
  public void onError(Throwable thrown) {
    // The client hung up.
  }

  @Override
  public void onCompleted() {
    boolean isLast;
    synchronized (this) {
      isEnded = true;
      isLast = !isAnswering;
    }
    if (isLast) {
      answers.onCompleted();
    }
  }
}
