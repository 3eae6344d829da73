package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.serve.RunningServer.Answer;
import dev.varve.store.ShardUnavailableException;
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RestInferenceTest {
  private static final String INFER = "/v2/models/user/infer";

  private final FakeEmbeddings embeddings = FakeEmbeddings.users();
  private final RunningServer server = RunningServer.over(embeddings);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void looksUpStringsAndNumbersAsOneKindOfId() throws Exception {
    var answer = server.post(INFER, lookup("BYTES", 3, "\"a\", 7, \"7\""));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().path("outputs"))
        .hasToString(
            "[{\"name\":\"embeddings\",\"datatype\":\"FP32\",\"shape\":[3,3],"
                + "\"data\":[4.0,5.0,6.0,1.0,-2.5,0.1,1.0,-2.5,0.1]},"
                + "{\"name\":\"status\",\"datatype\":\"INT8\",\"shape\":[3],\"data\":[1,1,1]}]");
  }

  @Test
  void looksUpInt64() throws Exception {
    var answer = server.post(INFER, lookup("INT64", 1, "7"));

    assertThat(answer.json().at("/outputs/0/data")).hasToString("[1.0,-2.5,0.1]");
  }

  @Test
  void answerNamesTableLayoutWatermarkAndTheRequest() throws Exception {
    var answer =
        server.post(
            INFER,
            """
            {"id": "r-1",
             "inputs": [{"name": "ids", "datatype": "INT64", "shape": [1], "data": [7]}]}
            """);

    assertThat(answer.json().path("id").asText()).isEqualTo("r-1");
    assertThat(answer.json().path("model_name").asText()).isEqualTo("user");
    assertThat(answer.json().path("model_version").asText()).isEqualTo("3");
    assertThat(answer.json().at("/parameters/watermark_ms").asLong())
        .isEqualTo(FakeEmbeddings.WATERMARK_MS);
  }

  @Test
  void unknownIdHasTheZeroVectorAndSaysSo() throws Exception {
    var answer = server.post(INFER, lookup("BYTES", 2, "\"never seen\", \"7\""));

    assertThat(answer.json().at("/outputs/0/data")).hasToString("[0.0,0.0,0.0,1.0,-2.5,0.1]");
    assertThat(answer.json().at("/outputs/1/data")).hasToString("[0,1]");
  }

  @Test
  void noIdsGiveEmptyTensors() throws Exception {
    var answer = server.post(INFER, lookup("BYTES", 0, ""));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().at("/outputs/0/shape")).hasToString("[0,3]");
    assertThat(answer.json().at("/outputs/0/data")).hasToString("[]");
  }

  @Test
  void requestedOutputsSelectAndOrder() throws Exception {
    var answer =
        server.post(
            INFER,
            """
            {"outputs": [{"name": "status"}, {"name": "embeddings"}],
             "inputs": [{"name": "ids", "datatype": "INT64", "shape": [1], "data": [7]}]}
            """);

    assertThat(answer.json().at("/outputs/0/name").asText()).isEqualTo("status");
    assertThat(answer.json().at("/outputs/1/name").asText()).isEqualTo("embeddings");
  }

  @Test
  void currentVersionMayBeNamed() throws Exception {
    String path = "/v2/models/user/versions/3";

    assertThat(server.post(path + "/infer", lookup("INT64", 1, "7")).status()).isEqualTo(200);
    assertThat(server.get(path).status()).isEqualTo(200);
    assertThat(server.get(path + "/ready").status()).isEqualTo(200);
  }

  @Test
  void otherVersionIsNotFoundAndTheCurrentOneNamed() throws Exception {
    String path = "/v2/models/user/versions/2";
    String message = "model_version: 2 (expected: 3, the current one, or none)";

    assertRefused(server.post(path + "/infer", lookup("INT64", 1, "7")), 404, message);
    assertRefused(server.get(path), 404, message);
    assertRefused(server.get(path + "/ready"), 404, message);
  }

  @Test
  void unknownTableIsNotFoundAndTheKnownOnesNamed() throws Exception {
    String path = "/v2/models/nope";
    String message = "model: nope (expected: a table; there are user)";

    assertRefused(server.post(path + "/infer", lookup("INT64", 1, "7")), 404, message);
    assertRefused(server.post(path + "/infer", lookup("INT64", 0, "")), 404, message);
    assertRefused(server.get(path), 404, message);
    assertRefused(server.get(path + "/ready"), 404, message);
  }

  @Test
  void malformedRequestIsRefusedWithItsReason() throws Exception {
    assertRefused(
        server.post(INFER, "{"),
        400,
        "body: Unexpected end-of-input at line 1, column 2"
            + " (expected: an inference request in JSON)");
    assertRefused(
        server.post(INFER, lookup("FP32", 1, "7")),
        400,
        "inputs[0].datatype: FP32 (expected: BYTES or INT64)");
  }

  @Test
  void moreIdsThanAllowedAreTooLarge() throws Exception {
    int n = RunningServer.MAX_IDS + 1;
    String ids = String.join(",", Collections.nCopies(n, "7"));

    assertRefused(
        server.post(INFER, lookup("INT64", n, ids)),
        413,
        "inputs[0]: more ids (expected: at most 1000, serve.max-ids)");
  }

  @Test
  void largerBodyThanAllowedIsTooLargeWhetherAnnouncedOrNot() throws Exception {
    String body = " ".repeat((int) RunningServer.MAX_BODY.count() + 1);
    String message = "body: larger (expected: at most 64KiB, serve.max-body)";

    assertRefused(server.post(INFER, body), 413, message);
    assertRefused(server.postInChunks(INFER, body), 413, message);
  }

  @Test
  void bodyOfUnknownLengthIsReadToItsEnd() throws Exception {
    assertThat(server.postInChunks(INFER, lookup("INT64", 1, "7")).status()).isEqualTo(200);
  }

  @Test
  void shardThatMovesIsUnavailable() throws Exception {
    embeddings.fail(new ShardUnavailableException(2, "restoring"));
    String message = "shard 2: restoring (expected: running; try again)";

    assertRefused(server.post(INFER, lookup("INT64", 1, "7")), 503, message);
    assertRefused(server.get("/v2/models/user"), 503, message);
  }

  @Test
  void unexpectedFailureTellsNothingOfItself() throws Exception {
    embeddings.fail(new IllegalStateException("secret"));

    assertRefused(
        server.post(INFER, lookup("INT64", 1, "7")),
        500,
        "request: failed (expected: an answer; the server's log says why)");
  }

  @Test
  void readinessFollowsTheShards() throws Exception {
    assertThat(server.get("/v2/health/ready"))
        .hasToString("Answer[status=200, json={\"ready\":true}]");
    assertThat(server.get("/v2/models/user/ready").json().path("ready").asBoolean()).isTrue();

    embeddings.fail(new ShardUnavailableException(0, "starting"));

    assertThat(server.get("/v2/health/live"))
        .hasToString("Answer[status=200, json={\"live\":true}]");
    assertThat(server.get("/v2/health/ready"))
        .hasToString("Answer[status=503, json={\"ready\":false}]");
    assertThat(server.get("/v2/models/user/ready").status()).isEqualTo(503);
  }

  @Test
  void metadataDescribesServerAndTable() throws Exception {
    var aboutServer = server.get("/v2").json();
    assertThat(aboutServer.path("name").asText()).isEqualTo("varve");
    assertThat(aboutServer.path("version").asText()).isEqualTo("1.2.3");
    assertThat(aboutServer.path("extensions"))
        .hasToString("[\"binary_tensor_data\",\"parameters\"]");
    assertThat(server.get("/v2/models/user").json())
        .hasToString(
            "{\"name\":\"user\",\"versions\":[\"3\"],\"platform\":\"varve\","
                + "\"inputs\":[{\"name\":\"ids\",\"datatype\":\"BYTES\",\"shape\":[-1]}],"
                + "\"outputs\":[{\"name\":\"embeddings\",\"datatype\":\"FP32\",\"shape\":[-1,3]},"
                + "{\"name\":\"status\",\"datatype\":\"INT8\",\"shape\":[-1]},"
                + "{\"name\":\"dims\",\"datatype\":\"INT32\",\"shape\":[-1]},"
                + "{\"name\":\"event_time_ms\",\"datatype\":\"INT64\",\"shape\":[-1]}],"
                + "\"properties\":{\"ids_datatypes\":\"BYTES, INT64\","
                + "\"ids_shapes\":\"[n], [n, k]\",\"max_ids\":\"1000\","
                + "\"max_staleness_ms\":\"30000\",\"parameters\":"
                + "\"embeddings_datatype, max_staleness_ms, pad, pooling\"}}");
  }

  @Test
  void smallLookupRunsOnTheEventLoopAndALargeOneDoesNot() throws Exception {
    server.post(INFER, lookup("INT64", 1, "7"));
    assertThat(embeddings.lookupThread()).contains("worker");

    server.post(INFER, lookup("INT64", 600, String.join(",", Collections.nCopies(600, "7"))));
    assertThat(embeddings.lookupThread()).contains("blocking");
  }

  private static void assertRefused(Answer answer, int status, String message) {
    assertThat(answer.error()).isEqualTo(message);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.json()).hasSize(1);
  }

  private static String lookup(String datatype, int n, String ids) {
    return """
    {"inputs": [{"name": "ids", "datatype": "%s", "shape": [%d], "data": [%s]}]}
    """
        .formatted(datatype, n, ids);
  }
}
