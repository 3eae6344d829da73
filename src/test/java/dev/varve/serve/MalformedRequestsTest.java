package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.Clients;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.grpc.protocol.UnaryGrpcClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.grpc.protocol.ArmeriaStatusException;
import com.linecorp.armeria.common.util.Exceptions;
import dev.varve.testing.LogLines;
import io.grpc.Status;
import io.netty.util.ResourceLeakDetector;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A hundred thousand requests that make no sense, over both ports: each is answered with what is
 * wrong, none is our fault, and nothing of them is left.
 */
@Timeout(600)
class MalformedRequestsTest {
  private static final int HTTP_REQUESTS = 60_000;
  private static final int GRPC_REQUESTS = 45_000;
  private static final int AT_ONCE = 64;
  private static final String FORM = "(?s)\\S+: .+ \\(expected: .+\\)";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ClientFactory connections = ClientFactory.builder().build();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicInteger refused = new AtomicInteger();
  private final Semaphore places = new Semaphore(AT_ONCE);
  private RunningServer server;
  private LogLines leaks;
  private LogLines failures;

  @BeforeEach
  void start() {
    leaks = new LogLines(ResourceLeakDetector.class);
    failures = new LogLines(Failure.class);
    server = RunningServer.over(FakeEmbeddings.users());
  }

  @AfterEach
  void stop() {
    server.close();
    connections.close();
    failures.close();
    leaks.close();
  }

  @Test
  void areRefusedOverHttp() throws Exception {
    var client =
        WebClient.builder("h1c://127.0.0.1:" + server.httpPort()).factory(connections).build();
    for (long seed = 0; seed < HTTP_REQUESTS; seed++) {
      long of = seed;
      places.acquire();
      CompletableFuture<AggregatedHttpResponse> answer =
          client.execute(new MalformedRequests(random(seed)).http()).aggregate();
      var _ =
          answer.whenComplete(
              (came, thrown) -> done(of, thrown == null ? http(came) : thrown.toString()));
    }
    assertNothingIsLeft(HTTP_REQUESTS);
  }

  @Test
  void areRefusedOverGrpc() throws Exception {
    UnaryGrpcClient client =
        Clients.builder(server.grpcUri()).factory(connections).build(UnaryGrpcClient.class);
    for (long seed = 0; seed < GRPC_REQUESTS; seed++) {
      long of = seed;
      places.acquire();
      CompletableFuture<byte[]> answer =
          client.execute(
              "/inference.GRPCInferenceService/ModelInfer",
              new MalformedRequests(random(seed)).grpc());
      var _ = answer.whenComplete((_, thrown) -> done(of, thrown == null ? null : grpc(thrown)));
    }
    assertNothingIsLeft(GRPC_REQUESTS);
  }

  private static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  private void done(long seed, @Nullable String what) {
    if (what != null) {
      wrong.add("seed %d: %s".formatted(seed, what));
    }
    places.release();
  }

  /** What is wrong with an answer, if anything is. */
  private @Nullable String http(AggregatedHttpResponse answer) {
    int status = answer.status().code();
    if (status == 200) {
      return null;
    }
    refused.incrementAndGet();
    boolean isRefusal = status >= 400 && status < 500 && message(answer).matches(FORM);
    return isRefusal ? null : status + " " + answer.contentUtf8();
  }

  /** A Feast client gets its message in JSON within a text. */
  private static String message(AggregatedHttpResponse answer) {
    try {
      JsonNode json = JSON.readTree(answer.contentUtf8());
      return json.isTextual()
          ? JSON.readTree(json.asText()).path("message").asText()
          : json.path("error").asText();
    } catch (JsonProcessingException e) {
      return "";
    }
  }

  private @Nullable String grpc(Throwable thrown) {
    refused.incrementAndGet();
    if (!(Exceptions.peel(thrown) instanceof ArmeriaStatusException status)) {
      return thrown.toString();
    }
    Status.Code code = Status.fromCodeValue(status.getCode()).getCode();
    boolean isRefusal =
        switch (code) {
          case INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED ->
              String.valueOf(status.getMessage()).matches(FORM);
          default -> false;
        };
    return isRefusal ? null : code + " " + status.getMessage();
  }

  private void assertNothingIsLeft(int requests) throws Exception {
    assertThat(places.tryAcquire(AT_ONCE, 1, TimeUnit.MINUTES)).as("all are answered").isTrue();
    assertThat(wrong.stream().limit(20)).isEmpty();
    assertThat(refused.get()).isGreaterThan(requests * 9 / 10);
    assertThat(failures.all()).isEmpty();
    assertThat(server.metrics()).contains("varve_lookup_in_flight 0.0");
    String good =
        "{\"inputs\":[{\"name\":\"ids\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[7]}]}";
    for (int i = 0; i < 200; i++) {
      // Of all buffers some are watched. What is lost is found when it is collected, and told when
      // something new is made.
      if (i % 50 == 0) {
        System.gc();
      }
      assertThat(server.post("/v2/models/user/infer", good).status()).isEqualTo(200);
    }
    assertThat(leaks.all()).isEmpty();
  }
}
