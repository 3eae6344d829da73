package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceStub;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelStreamInferResponse;
import io.grpc.stub.StreamObserver;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GrpcStreamTest {
  private static final int MANY = 300;

  /** Large requests leave the event loop, small ones do not: still they are answered in order. */
  @Test
  void requestsAreAnsweredInTheirOrderWhateverTheirSize() throws Exception {
    try (var server = RunningServer.over(FakeEmbeddings.users())) {
      var answers = new Answers();
      StreamObserver<ModelInferRequest> requests = stream(server, answers);
      for (int i = 0; i < MANY; i++) {
        requests.onNext(request(Integer.toString(i), i % 3 == 0 ? 900 : 1));
      }
      requests.onCompleted();

      for (int i = 0; i < MANY; i++) {
        ModelStreamInferResponse answer = answers.next();
        assertThat(answer.getErrorMessage()).isEmpty();
        assertThat(answer.getInferResponse().getId()).isEqualTo(Integer.toString(i));
        assertThat(answer.getInferResponse().getOutputs(0).getShape(0))
            .isEqualTo(i % 3 == 0 ? 900 : 1);
      }
      assertThat(answers.ended.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(answers.queue).isEmpty();
    }
  }

  @Test
  void aRefusedRequestIsAnsweredAndTheStreamGoesOn() throws Exception {
    try (var server = RunningServer.over(FakeEmbeddings.users())) {
      var answers = new Answers();
      StreamObserver<ModelInferRequest> requests = stream(server, answers);
      requests.onNext(request("bad", 1).toBuilder().setModelName("nope").build());
      requests.onNext(request("good", 1));

      ModelStreamInferResponse refused = answers.next();
      assertThat(refused.getErrorMessage())
          .isEqualTo("model: nope (expected: a table; there are user)");
      assertThat(refused.getInferResponse().getId()).isEqualTo("bad");
      assertThat(answers.next().getInferResponse().getId()).isEqualTo("good");
      requests.onCompleted();
      assertThat(answers.ended.await(1, TimeUnit.MINUTES)).isTrue();
    }
  }

  @Test
  void aStreamOutlivesTheTimeLimitOfRequests() throws Exception {
    var embeddings = FakeEmbeddings.users();
    try (var server = RunningServer.impatient(embeddings)) {
      var answers = new Answers();
      StreamObserver<ModelInferRequest> requests = stream(server, answers);
      // A request of its own tells when the limit has passed.
      var held = new CountDownLatch(1);
      embeddings.hold(held);
      assertThat(server.post("/v2/models/user/infer", BODY).status()).isEqualTo(504);
      held.countDown();
      requests.onNext(request("late", 1));

      assertThat(answers.next().getInferResponse().getId()).isEqualTo("late");
      requests.onCompleted();
      assertThat(answers.ended.await(1, TimeUnit.MINUTES)).isTrue();
    }
  }

  /** Long enough to leave the event loop, which would be held. */
  private static final String BODY =
      "{\"inputs\":[{\"name\":\"ids\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[7]}]}"
          + " ".repeat(2_000);

  private static StreamObserver<ModelInferRequest> stream(RunningServer server, Answers to) {
    return GrpcClients.builder(server.grpcUri())
        .responseTimeoutMillis(0)
        .build(GRPCInferenceServiceStub.class)
        .modelStreamInfer(to);
  }

  private static ModelInferRequest request(String id, int n) {
    var ids = InferTensorContents.newBuilder();
    for (int i = 0; i < n; i++) {
      ids.addInt64Contents((1L << 60) + i);
    }
    return ModelInferRequest.newBuilder()
        .setModelName("user")
        .setId(id)
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("ids")
                .setDatatype("INT64")
                .addShape(n)
                .setContents(ids))
        .build();
  }

  private static final class Answers implements StreamObserver<ModelStreamInferResponse> {
    private final BlockingQueue<ModelStreamInferResponse> queue = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    ModelStreamInferResponse next() throws InterruptedException {
      ModelStreamInferResponse answer = queue.poll(1, TimeUnit.MINUTES);
      return Objects.requireNonNull(answer, "an answer within a minute");
    }

    @Override
    public void onNext(ModelStreamInferResponse answer) {
      queue.add(answer);
    }

    @Override
    public void onError(Throwable thrown) {
      queue.add(ModelStreamInferResponse.newBuilder().setErrorMessage(thrown.toString()).build());
    }

    @Override
    public void onCompleted() {
      ended.countDown();
    }
  }
}
