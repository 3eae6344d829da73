package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ServerLiveRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Large lookups, which leave the event loop, wait for a latch. */
@Timeout(60)
class LookupLimitTest {
  private static final int IDS = 900;
  private static final String MESSAGE =
      "lookups: %d at once (expected: fewer, serve.max-concurrent; try again in a moment)";

  private final FakeEmbeddings embeddings = FakeEmbeddings.users();
  private final CountDownLatch latch = new CountDownLatch(1);

  @AfterEach
  void release() {
    latch.countDown();
  }

  @Test
  void oneMoreThanTheMostIsRefusedAtOnceOnBothPorts() throws Exception {
    try (var server = RunningServer.over(embeddings, RunningServer.config(RunningServer.NONE, 2))) {
      embeddings.hold(latch);
      var rest = server.lookupLater(restLookup());
      var grpc = CompletableFuture.supplyAsync(() -> server.grpc().modelInfer(grpcLookup()));
      embeddings.awaitHeld(2);

      var refused = server.postText("/v2/models/user/infer", restLookup());
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
      assertThat(refused.body()).isEqualTo("{\"error\":\"" + MESSAGE.formatted(2) + "\"}");
      assertExhausted(server, 2);

      assertThat(server.get("/v2/health/live").status()).isEqualTo(200);
      assertThat(server.get("/v2/health/ready").status()).isEqualTo(200);
      assertThat(server.grpc().serverLive(ServerLiveRequest.getDefaultInstance()).getLive())
          .isTrue();
      assertThat(server.text("/metrics").body().lines())
          .contains(
              "varve_lookup_in_flight 2.0",
              "varve_lookup_requests_total{outcome=\"overloaded\",protocol=\"rest\"} 1.0",
              "varve_lookup_requests_total{outcome=\"overloaded\",protocol=\"grpc\"} 1.0");

      latch.countDown();
      assertThat(rest.join().status()).isEqualTo(200);
      assertThat(grpc.join().getModelName()).isEqualTo("user");
      awaitNoneInFlight(server);
      assertThat(server.post("/v2/models/user/infer", restLookup()).status()).isEqualTo(200);
    }
  }

  @Test
  void lookupThatWasGivenUpKeepsItsPlaceUntilItsWorkIsDone() throws Exception {
    try (var server = RunningServer.over(embeddings, RunningServer.impatient(1))) {
      embeddings.hold(latch);

      var late = server.post("/v2/models/user/infer", restLookup());
      assertThat(late.status()).isEqualTo(504);
      assertThat(late.error())
          .isEqualTo("request: timed out (expected: an answer within serve.request-timeout)");
      assertThat(server.post("/v2/models/user/infer", restLookup()).status()).isEqualTo(429);
      assertExhausted(server, 1);

      latch.countDown();
      awaitNoneInFlight(server);
      assertThat(server.metrics())
          .contains("varve_lookup_requests_total{outcome=\"timed_out\",protocol=\"rest\"} 1.0");
    }
  }

  @Test
  void grpcLookupIsGivenUpTooWithoutADeadlineOfItsClient() throws Exception {
    try (var server = RunningServer.over(embeddings, RunningServer.impatient(9))) {
      embeddings.hold(latch);

      var late =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> server.grpc().modelInfer(grpcLookup()));

      assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(late.getStatus().getDescription())
          .startsWith("request: timed out (expected: an answer within serve.request-timeout)");
      latch.countDown();
      awaitNoneInFlight(server);
      assertThat(server.metrics())
          .contains("varve_lookup_requests_total{outcome=\"timed_out\",protocol=\"grpc\"} 1.0");
    }
  }

  @Test
  void whoShowsNoTokenTakesNoPlaceAndLearnsNothingOfTheLoad(@TempDir Path folder) throws Exception {
    Path tokens =
        Files.writeString(
            folder.resolve("tokens.yaml"), Token.of("ranker", Role.READER, "let-me-in").entry());
    try (var server = RunningServer.over(embeddings, RunningServer.config(tokens, 1))) {
      embeddings.hold(latch);
      var held =
          CompletableFuture.supplyAsync(() -> server.grpc("let-me-in").modelInfer(grpcLookup()));
      embeddings.awaitHeld(1);

      assertThat(server.post("/v2/models/user/infer", restLookup()).status()).isEqualTo(401);
      var refused =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> server.grpc().modelInfer(grpcLookup()));
      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);

      latch.countDown();
      assertThat(held.join().getModelName()).isEqualTo("user");
    }
  }

  private static void assertExhausted(RunningServer server, int most) {
    var refused =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> server.grpc().modelInfer(grpcLookup()));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getStatus().getDescription()).isEqualTo(MESSAGE.formatted(most));
  }

  /** A client has its answer a moment before the server has left it behind. */
  private static void awaitNoneInFlight(RunningServer server) {
    while (!server.metrics().contains("varve_lookup_in_flight 0.0")) {
      Thread.onSpinWait();
    }
  }

  private static String restLookup() {
    String sevens = String.join(",", Collections.nCopies(IDS, "7"));
    return ("{\"inputs\":[{\"name\":\"ids\",\"datatype\":\"INT64\",\"shape\":[%d],"
            + "\"data\":[%s]}]}")
        .formatted(IDS, sevens);
  }

  private static ModelInferRequest grpcLookup() {
    var ids = InferTensorContents.newBuilder();
    LongStream.range(0, IDS).map(id -> id + (1L << 60)).forEach(ids::addInt64Contents);
    // One that is there, so that no table has to be looked for.
    ids.setInt64Contents(0, 7);
    return ModelInferRequest.newBuilder()
        .setModelName("user")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("ids")
                .setDatatype("INT64")
                .addShape(IDS)
                .setContents(ids))
        .build();
  }
}
