package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.serve.RunningServer.Answer;
import dev.varve.store.ShardUnavailableException;
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FeastEndpointTest {
  private static final String PATH = "/get-online-features";
  private static final String FIRST = "1970-01-01T00:00:00Z";
  private static final String WATERMARK = "2022-05-01T00:00:00.123Z";

  private final FakeEmbeddings embeddings =
      FakeEmbeddings.users().with("item", "x", 7, 8, 9).with("a:b", "1", 0, 0, 1);
  private final RunningServer server = RunningServer.over(embeddings);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aViewIsATableAndTheAnswerHasAColumnForJoinKeyAndFeature() throws Exception {
    var answer = server.post(PATH, request("user:embedding", "\"user_id\": [7, \"a\", \"x\"]"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json())
        .isEqualTo(
            json(
                """
                {"metadata": {"feature_names": ["user_id", "embedding"]},
                 "results": [
                   {"values": [7, "a", "x"], "statuses": ["PRESENT", "PRESENT", "PRESENT"],
                    "event_timestamps": ["%1$s", "%1$s", "%1$s"]},
                   {"values": [[1.0, -2.5, 0.1], [4.0, 5.0, 6.0], null],
                    "statuses": ["PRESENT", "PRESENT", "NOT_FOUND"],
                    "event_timestamps": ["%2$s", "%2$s", "%2$s"]}]}
                """
                    .formatted(FIRST, WATERMARK)));
  }

  @Test
  void eachViewIsReadByTheJoinKeyThatHasItsName() throws Exception {
    var answer =
        server.post(
            PATH,
            """
            {"full_feature_names": true, "include_feature_view_version_metadata": true,
             "features": ["item:embedding", "user:status", "user:embedding"],
             "entities": {"user": ["7", "a"], "item": ["y", "x"]}}
            """);

    assertThat(answer.json().at("/metadata"))
        .hasToString(
            "{\"feature_names\":[\"user\",\"item\",\"item__embedding\",\"user__status\","
                + "\"user__embedding\"],\"feature_view_metadata\":[{\"name\":\"item\",\"version\":3},"
                + "{\"name\":\"user\",\"version\":3}]}");
    assertThat(answer.json().at("/results/2/values")).hasToString("[null,[7.0,8.0,9.0]]");
    assertThat(answer.json().at("/results/3/values")).hasToString("[\"row\",\"row\"]");
    assertThat(answer.json().at("/results/4/values/1")).hasToString("[4.0,5.0,6.0]");
  }

  @Test
  void oneJoinKeyIsThatOfAllViews() throws Exception {
    var answer =
        server.post(
            PATH,
            """
            {"entities": {"id": [7]}, "full_feature_names": true,
             "features": ["user:embedding", "item:embedding", "a:b:embedding"]}
            """);

    assertThat(answer.json().at("/metadata/feature_names/3").asText()).isEqualTo("a:b__embedding");
    assertThat(answer.json().at("/results/1/statuses/0").asText()).isEqualTo("PRESENT");
    assertThat(answer.json().at("/results/2/statuses/0").asText()).isEqualTo("NOT_FOUND");
  }

  @Test
  void idsAreGivenBackAsTheyCame() throws Exception {
    String ids = "-0, 9223372036854775808, \"é\\ud83d\\ude00\", \"\\ud800\", \"\"";
    var answer = server.post(PATH, request("user:status", "\"user\": [" + ids + "]"));

    assertThat(answer.json().at("/results/0/values"))
        .isEqualTo(json("[" + "0" + ids.substring(2) + "]"));
  }

  @Test
  void noIdsGiveEmptyColumns() throws Exception {
    var answer = server.post(PATH, request("user:embedding", "\"user\": []"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().at("/results/1/values")).hasToString("[]");
  }

  @Test
  void aRefusalNamesTheExceptionThatTheClientThrows() throws Exception {
    assertRefused(
        request("nope:embedding", "\"nope\": [1]"),
        404,
        "FeatureViewNotFoundException",
        "model: nope (expected: a table; there are a:b, item, user)");
    assertRefused(
        request("user:age", "\"user\": [1]"),
        404,
        "FeatureViewNotFoundException",
        "features: user:age (expected: TABLE:FEATURE, embedding or status)");
    assertRefused(
        request("user", "\"user\": [1]"),
        400,
        "FeastError",
        "features: user (expected: TABLE:embedding or status)");
    assertRefused(
        "{\"features\": [\"user:embedding\"], \"entities\": {\"a\": [1], \"b\": [1]}}",
        400,
        "FeastError",
        "entities: a, b (expected: one join key, or one with the name of each feature view,"
            + " such as user)");
    assertRefused(
        "{\"features\": [\"user:status\"], \"entities\": {\"user\": [1], \"b\": [1, 2]}}",
        400,
        "FeastError",
        "entities.b: 2 ids (expected: 1, one for each row, as for the first join key)");
    assertRefused(
        request("user:status\", \"item:status", "\"user\": [1], \"item\": [2]"),
        400,
        "FeastError",
        "features: status twice (expected: each name once; full_feature_names makes them differ)");
    assertRefused(
        request("user:status", "\"user\": [1, 2.5]"),
        400,
        "FeastError",
        "entities.user[1]: 2.5 (expected: a string or an integer)");
    assertRefused(
        "{\"feature_service\": \"fraud\", \"entities\": {\"user\": [1]}}",
        400,
        "FeastError",
        "feature_service: fraud (expected: none: there is no registry here; list its features)");
    assertRefused(
        "{\"features\": [\"user:status\"]}",
        400,
        "FeastError",
        "entities: none (expected: ids by join key)");
    assertRefused("{}", 400, "FeastError", "features: none (expected: TABLE:embedding or status)");
    assertRefused("[", 400, "FeastError", "body: [ (expected: a JSON object)");
    assertRefused(
        "{",
        400,
        "FeastError",
        "body: Unexpected end-of-input at line 1, column 2"
            + " (expected: a request for online features in JSON)");
  }

  @Test
  void moreIdsThanAllowedAreTooLargeInOneViewOrInAll() throws Exception {
    int most = RunningServer.MAX_IDS;
    assertRefused(
        request("user:status", "\"user\": [" + ids(most + 1) + "]"),
        413,
        "FeastError",
        "entities: more ids (expected: at most 1000, serve.max-ids)");
    assertRefused(
        """
        {"features": ["user:status", "item:embedding"], "full_feature_names": true,
         "entities": {"id": [%s]}}
        """
            .formatted(ids(most / 2 + 1)),
        413,
        "FeastError",
        "entities: 1002 ids over all views (expected: at most 1000, serve.max-ids)");
    assertThat(server.post(PATH, request("user:status", "\"user\": [" + ids(most) + "]")).status())
        .isEqualTo(200);
  }

  @Test
  void moreBytesThanAllowedAreTooLarge() throws Exception {
    String blank = " ".repeat((int) RunningServer.MAX_BODY.count());
    var large = server.postInChunks(PATH, request("user:status", "\"user\": [1]") + blank);
    assertThat(large.error()).isEqualTo("body: larger (expected: at most 64KiB, serve.max-body)");
    assertThat(large.status()).isEqualTo(413);
  }

  @Test
  void shardThatMovesIsUnavailable() throws Exception {
    embeddings.fail(new ShardUnavailableException(1, "moving"));
    assertRefused(
        request("user:status", "\"user\": [1]"),
        503,
        "FeastError",
        "shard 1: moving (expected: running; try again)");
  }

  @Test
  void requestsAreCountedByOutcome() throws Exception {
    server.post(PATH, request("user:status", "\"user\": [7, 8]"));
    server.post(PATH, "{}");

    assertThat(server.text("/metrics").body())
        .contains("varve_lookup_requests_total{outcome=\"ok\",protocol=\"feast\"} 1.0")
        .contains("varve_lookup_requests_total{outcome=\"malformed\",protocol=\"feast\"} 1.0")
        .contains("varve_lookup_ids_total 2.0");
  }

  private void assertRefused(String body, int status, String thrown, String message)
      throws Exception {
    var answer = server.post(PATH, body);
    assertThat(message(answer)).isEqualTo(message);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(json(answer.json().asText()).path("class").asText()).isEqualTo(thrown);
    assertThat(json(answer.json().asText()).path("module").asText()).isEqualTo("feast.errors");
  }

  private static String message(Answer answer) throws Exception {
    return json(answer.json().asText()).path("message").asText();
  }

  private static String request(String feature, String entities) {
    return "{\"features\": [\"%s\"], \"entities\": {%s}}".formatted(feature, entities);
  }

  private static String ids(int n) {
    return String.join(",", Collections.nCopies(n, "7"));
  }

  private static JsonNode json(String text) throws Exception {
    return new ObjectMapper().readTree(text);
  }
}
