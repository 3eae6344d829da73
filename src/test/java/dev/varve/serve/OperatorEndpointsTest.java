package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.store.ShardUnavailableException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OperatorEndpointsTest {
  private static final String LOOKUP =
      """
      {"inputs": [{"name": "ids", "datatype": "BYTES", "shape": [3], "data": ["7", "x", "y"]}]}
      """;

  private final FakeEmbeddings embeddings = FakeEmbeddings.users();
  private final RunningServer server = RunningServer.over(embeddings);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void statusIsTheSuppliersAndAMeasureThatIsUndefinedIsNull() throws Exception {
    var answer = server.get("/api/status");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json())
        .hasToString(
            "{\"version\":\"1.2.3\",\"state\":\"learning\",\"layoutVersion\":3,\"examples\":10,"
                + "\"rejected\":2,\"refusedGradients\":3,\"watermarkMs\":1651363200123,\"uptimeSeconds\":60,"
                + "\"dimension\":3,\"tables\":{\"user\":"
                + "{\"rows\":2,\"occurrences\":9,\"bytes\":80,\"parameters\":8,"
                + "\"rowsByDimension\":{\"3\":2},\"traces\":0,\"admitted\":2,\"expired\":0}},"
                + "\"memory\":{\"capacity\":65536,\"used\":5120,\"index\":1024,"
                + "\"blocks\":[{\"dimension\":3,\"rows\":2,\"bytes\":4096,\"rowBytes\":60}],"
                + "\"rocksDb\":{\"fileBytes\":1,\"memtableBytes\":2,\"tableReaderBytes\":3,"
                + "\"blockCacheBytes\":4,\"blockCacheCapacity\":5}},\"quality\":"
                + "{\"examples\":10,\"logLoss\":0.5,\"normalizedEntropy\":0.9,\"auc\":null,\"calibration\":1.1},"
                + "\"qualityByTable\":{\"user\":{\"blocks\":{\"16\":{\"examples\":10,\"logLoss\":0.5,"
                + "\"normalizedEntropy\":0.9,\"auc\":null,\"calibration\":1.1}},\"deciles\":{}}},"
                + "\"alarms\":[{\"kind\":\"rejected\",\"text\":\"many\"}],"
                + "\"joinWindowMs\":600000,\"joins\":{\"impressions\":20,\"clicks\":4,\"positives\":0,\"negatives\":0,"
                + "\"lateClicks\":0,\"leftOut\":0,\"repeated\":3,\"orphans\":0,"
                + "\"lateImpressions\":0,\"closedEarly\":0,\"refused\":0,\"waitingBytes\":0,"
                + "\"delayP50Seconds\":1.217,\"delayP90Seconds\":1.217,"
                + "\"delayP99Seconds\":1.217,\"hint\":null},"
                + "\"kafka\":{\"bootstrap\":\"localhost:9092\",\"prefix\":\"varve\","
                + "\"learnGroup\":\"varve-learn\",\"storeGroup\":\"varve-store\"}}");
  }

  @Test
  void topicsAreTheSuppliers() throws Exception {
    assertThat(server.get("/api/topics").json())
        .hasToString(
            "[{\"name\":\"varve.examples\",\"purpose\":\"labelled examples\",\"partitions\":4,"
                + "\"records\":10,\"cleanup\":\"delete\"}]");
  }

  @Test
  void statusIsUnavailableWhileAShardIs() throws Exception {
    embeddings.fail(new ShardUnavailableException(1, "moving"));

    for (String path : new String[] {"/api/status", "/api/topics"}) {
      var answer = server.get(path);
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.error()).isEqualTo("shard 1: moving (expected: running; try again)");
    }
  }

  @Test
  void supplierThatTakesTooLongIsGivenUp() throws Exception {
    var latch = new CountDownLatch(1);
    embeddings.hold(latch);
    try (var impatient = RunningServer.impatient(embeddings)) {
      var answer = impatient.get("/api/status");
      latch.countDown();

      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.error())
          .isEqualTo("request: timed out (expected: an answer within serve.request-timeout)");
    }
  }

  @Test
  void rootPageNamesEveryPath() throws Exception {
    var page = server.text("/");

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body())
        .contains("/v2/models/{model}/infer", "/v2/health/ready", "/api/status", "/api/topics")
        .contains("/metrics");
  }

  @Test
  void unknownPathAndWrongMethodAreRefusedAsJson() throws Exception {
    var path = server.get("/v3/nothing");
    assertThat(path.status()).isEqualTo(404);
    assertThat(path.error())
        .isEqualTo("path: /v3/nothing (expected: one of those that GET / lists)");

    var method = server.get("/v2/models/user/infer");
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.error())
        .isEqualTo("method: GET (expected: the one that GET / lists for the path)");
  }

  @Test
  void metricsCountLookupsByProtocolAndOutcome() throws Exception {
    server.post("/v2/models/user/infer", LOOKUP);
    server.post("/v2/models/nope/infer", LOOKUP);
    server.post("/v2/models/user/infer", "no JSON");
    server.post("/v2/models/user/infer", LOOKUP.replace("[3]", "[9999]"));
    server.post("/v2/models/user/infer", " ".repeat((int) RunningServer.MAX_BODY.count() + 1));
    server.grpc().modelInfer(seven());

    var metrics = server.text("/metrics");

    assertThat(metrics.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/plain; version=0.0.4");
    assertThat(metrics.body().lines())
        .contains(
            "varve_lookup_requests_total{outcome=\"ok\",protocol=\"rest\"} 1.0",
            "varve_lookup_requests_total{outcome=\"not_found\",protocol=\"rest\"} 1.0",
            "varve_lookup_requests_total{outcome=\"malformed\",protocol=\"rest\"} 1.0",
            "varve_lookup_requests_total{outcome=\"too_large\",protocol=\"rest\"} 1.0",
            "varve_lookup_requests_total{outcome=\"failed\",protocol=\"rest\"} 0.0",
            "varve_lookup_requests_total{outcome=\"ok\",protocol=\"grpc\"} 1.0",
            "varve_lookup_requests_total{outcome=\"failed\",protocol=\"grpc\"} 0.0",
            "varve_lookup_ids_total 4.0",
            "varve_lookup_unknown_ids_total 2.0",
            "varve_lookup_latency_seconds_count{protocol=\"grpc\"} 1");
  }

  private static ModelInferRequest seven() {
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
