package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.base.Reloaded;
import dev.varve.schema.Change;
import dev.varve.schema.Command;
import dev.varve.schema.ReadNewsRequest;
import dev.varve.schema.Reply;
import dev.varve.schema.ShardsGrpc.ShardsBlockingStub;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ServerLiveRequest;
import dev.varve.schema.inference.ServerMetadataRequest;
import dev.varve.schema.inference.ServerReadyRequest;
import dev.varve.testing.LogLines;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTest {
  private static final String LOOKUP =
      "{\"inputs\":[{\"name\":\"ids\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[7]}]}";
  private static final String INFER = "/v2/models/user/infer";
  private static final String FEAST = "/get-online-features";
  private static final String FEAST_LOOKUP =
      "{\"features\": [\"user:status\"], \"entities\": {\"user\": [7]}}";
  private static final String HEADER = "authorization";
  private static final String READER = "reads-only";
  private static final String OPERATOR = "does-all";
  private static final String RULE = " (expected: Bearer and a token that serve.tokens has)";
  private static final Reply CHANGED =
      Reply.newBuilder().setChange(Change.newBuilder().setLayoutVersion(4).setDone("done")).build();

  private final Path tokens;
  private final List<Command> sent = new CopyOnWriteArrayList<>();
  private final RunningServer server;

  AccessTest(@TempDir Path folder) throws IOException {
    tokens = folder.resolve("tokens.yaml");
    write(
        Token.of("ranker", Role.READER, READER).entry()
            + Token.of("alice", Role.OPERATOR, OPERATOR).entry());
    server =
        RunningServer.over(
            FakeEmbeddings.users(),
            RunningServer.config(tokens, RunningServer.MAX_LOOKUPS),
            command -> {
              sent.add(command);
              return CompletableFuture.completedFuture(CHANGED);
            });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void healthNeedsNoToken() throws Exception {
    assertThat(server.get("/v2/health/live").status()).isEqualTo(200);
    assertThat(server.get("/v2/health/ready").status()).isEqualTo(200);
    assertThat(server.grpc().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(server.grpc().serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/v2", "/v2/models/user", "/v2/models/user/ready", "/metrics", "/api/status"})
  void everythingElseNeedsOneThatMayRead(String path) throws Exception {
    var none = server.text(path);
    assertThat(none.statusCode()).isEqualTo(401);
    assertThat(none.body()).isEqualTo("{\"error\":\"authorization: none" + RULE + "\"}");
    assertThat(none.headers().firstValue("www-authenticate")).hasValue("Bearer");

    assertThat(server.text(path, HEADER, "Bearer " + READER).statusCode()).isEqualTo(200);
    assertThat(server.text(path, HEADER, "bearer " + OPERATOR).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "Bearer wrong, an unknown token",
    "Bearer, no bearer token",
    "Basic cmVhZHMtb25seTo=, no bearer token",
    "reads-only, no bearer token",
  })
  void wrongTokenIsRefusedAndNotRepeated(String header, String found) throws Exception {
    var answer = server.post(INFER, LOOKUP, HEADER, header);

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.error()).isEqualTo("authorization: " + found + RULE);
  }

  @Test
  void readersLookUpAndOperatorsToo() throws Exception {
    for (String token : List.of(READER, OPERATOR)) {
      assertThat(server.post(INFER, LOOKUP, HEADER, "Bearer " + token).status()).isEqualTo(200);
      assertThat(server.postText(FEAST, FEAST_LOOKUP, HEADER, "Bearer " + token).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void commandsNeedAnOperatorWhoseNameTheyCarry() throws Exception {
    var weak = server.post("/api/rebalance/pause", "", HEADER, "Bearer " + READER);
    assertThat(weak.status()).isEqualTo(403);
    assertThat(weak.error()).isEqualTo("role: reader, of ranker (expected: operator)");
    assertThat(sent).isEmpty();

    var enough = server.post("/api/rebalance/pause", "", HEADER, "Bearer " + OPERATOR);
    assertThat(enough.status()).isEqualTo(200);
    assertThat(sent).extracting(Command::getSender).containsExactly("http alice 127.0.0.1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v2/../api/rebalance/pause",
        "/v2/%2e%2e/api/rebalance/pause",
        "/v2/..%2fapi/rebalance/pause",
        "/v2//../api/rebalance/pause",
        "//api/rebalance/pause",
        "/api/rebalance/pause;/v2/",
        "/api/%72ebalance/pause",
        "/api/rebalance/pause?/v2/",
        "http://v2/v2/../api/rebalance/pause",
      })
  void noSpellingOfAPathGetsAReaderToACommand(String path) throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.httpPort())) {
      String request =
          String.join(
              "\r\n",
              "POST " + path + " HTTP/1.1",
              "Host: x",
              HEADER + ": Bearer " + READER,
              "Content-Length: 0",
              "Connection: close",
              "",
              "");
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);

      assertThat(answer).startsWith("HTTP/1.1 4");
    }
    assertThat(sent).isEmpty();
  }

  @Test
  void grpcNeedsAReader() {
    var refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> server.grpc().modelInfer(seven()));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(refused.getStatus().getDescription()).isEqualTo("authorization: none" + RULE);

    var wrong =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> server.grpc("wrong").serverMetadata(ServerMetadataRequest.getDefaultInstance()));
    assertThat(wrong.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(wrong.getStatus().getDescription())
        .isEqualTo("authorization: an unknown token" + RULE);

    assertThat(server.grpc(READER).modelInfer(seven()).getModelName()).isEqualTo("user");
  }

  @Test
  void whatInstancesAskEachOtherIsForOperators() {
    var request = ReadNewsRequest.getDefaultInstance();

    var weak =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> server.grpc(READER, ShardsBlockingStub.class).readNews(request));
    assertThat(weak.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(weak.getStatus().getDescription())
        .isEqualTo("role: reader, of ranker (expected: operator)");

    // The service of this test has no methods.
    var enough =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> server.grpc(OPERATOR, ShardsBlockingStub.class).readNews(request));
    assertThat(enough.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void refusalsAreCounted() throws Exception {
    server.get("/v2");
    server.post("/api/rebalance/pause", "", HEADER, "Bearer " + READER);
    assertThatThrownBy(() -> server.grpc().modelInfer(seven()))
        .isInstanceOf(StatusRuntimeException.class);

    assertThat(server.text("/metrics", HEADER, "Bearer " + READER).body().lines())
        .contains(
            "varve_access_refusals_total{outcome=\"unauthenticated\",protocol=\"rest\"} 1.0",
            "varve_access_refusals_total{outcome=\"forbidden\",protocol=\"rest\"} 1.0",
            "varve_access_refusals_total{outcome=\"unauthenticated\",protocol=\"grpc\"} 1.0");
  }

  @Test
  void changedFileIsInForceAndABrokenOneIsNot() throws Exception {
    write(Token.of("ranker", Role.READER, "another").entry());
    server.reload();
    assertThat(status("another")).isEqualTo(200);
    assertThat(status(READER)).isEqualTo(401);

    try (var log = new LogLines(Reloaded.class)) {
      write("- name: ranker\n  role: king\n  sha256: x\n");
      server.reload();
      assertThat(log.all())
          .containsExactly(
              "serve.tokens, line 2: role king (expected: reader or operator); what was read"
                  + " before stays in force");
    }
    assertThat(status("another")).isEqualTo(200);
  }

  private int status(String token) throws Exception {
    return server.get("/v2", HEADER, "Bearer " + token).status();
  }

  private void write(String yaml) throws IOException {
    Files.writeString(tokens, yaml);
  }

  static ModelInferRequest seven() {
    return ModelInferRequest.newBuilder()
        .setModelName("user")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("ids")
                .setDatatype("INT64")
                .addShape(1)
                .setContents(InferTensorContents.newBuilder().addInt64Contents(7)))
        .build();
  }
}
