package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import dev.varve.learn.TopCategories;
import dev.varve.schema.Change;
import dev.varve.schema.Command;
import dev.varve.schema.Explanation;
import dev.varve.schema.History;
import dev.varve.schema.Plan;
import dev.varve.schema.Reply;
import dev.varve.schema.StatusReply;
import dev.varve.table.Popularity;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is served is described, and what is described is served. */
class OpenApiTest {
  private static final String LOOKUP =
      """
      {"id": "1", "inputs": [{"name": "ids", "datatype": "BYTES", "shape": [2], "data": ["7", "x"]}],
       "outputs": [{"name": "embeddings"}, {"name": "status"}, {"name": "dims"}, {"name": "event_time_ms"}]}
      """;

  private static final String FEATURES =
      """
      {"features": ["user:embedding", "user:status"], "entities": {"user": [7, "x"]},
       "include_feature_view_version_metadata": true}
      """;

  private final RunningServer server =
      RunningServer.over(
          FakeEmbeddings.users(), new TopCategories(new Popularity(60_000)), OpenApiTest::reply);
  private JsonNode api = new ObjectMapper().nullNode();

  @BeforeEach
  void read() throws Exception {
    var answer = server.text("/openapi.yaml");
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/yaml");
    api = new YAMLMapper().readTree(answer.body());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void everyRouteIsDescribedAndNoOther() {
    Set<String> described = new TreeSet<>();
    api.path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method -> {
                          if (!method.equals("parameters")) {
                            described.add(method + " " + path.getKey());
                          }
                        }));
    assertThat(described).isEqualTo(server.routes());
  }

  @Test
  void thePageForPeopleNamesEveryPath() throws Exception {
    String page = server.text("/").body();
    for (String path : server.paths()) {
      String named = path.replace("/versions/{version}", "");
      assertThat(page).contains(named);
    }
  }

  @Test
  void answersAreAsDescribed() throws Exception {
    for (String path :
        new String[] {
          "/v2",
          "/v2/health/live",
          "/v2/health/ready",
          "/v2/models/user",
          "/v2/models/user/versions/3",
          "/v2/models/score",
          "/v2/models/user/ready",
          "/v2/models/user/versions/3/ready",
          "/api/status",
          "/api/topics",
          "/api/tables/user/top",
          "/api/explain/user/7",
          "/api/rebalance",
          "/api/rebalance/history"
        }) {
      var answer = server.get(path);
      assertThat(answer.status()).as(path).isEqualTo(200);
      assertDescribed("get", path, answer);
    }
    assertDescribed("post", "/v2/models/user/infer", server.post("/v2/models/user/infer", LOOKUP));
    assertDescribed("post", "/get-online-features", server.post("/get-online-features", FEATURES));
    assertDescribed("post", "/api/rebalance/plan", server.post("/api/rebalance/plan", ""));
    assertDescribed("post", "/api/rebalance/pause", server.post("/api/rebalance/pause", ""));
  }

  @Test
  void refusalsAreAsDescribed() throws Exception {
    assertDescribed("get", "/v2/models/nope", server.get("/v2/models/nope"));
    assertDescribed("post", "/v2/models/user/infer", server.post("/v2/models/user/infer", "{"));
    assertDescribed("post", "/get-online-features", server.post("/get-online-features", "{"));
    assertDescribed("get", "/api/tables/nope/top", server.get("/api/tables/nope/top"));
    assertDescribed("post", "/api/rebalance/plan", server.post("/api/rebalance/plan", "{"));
  }

  /** A schema with the name of a message has its fields, each with the type of its JSON. */
  @Test
  void messagesAreAsTheSchemasSay() {
    Map<String, Descriptor> messages = new HashMap<>();
    FileDescriptor file = Command.getDescriptor().getFile();
    file.getMessageTypes().forEach(it -> messages.put(it.getName(), it));
    for (FileDescriptor imported : file.getDependencies()) {
      imported.getMessageTypes().forEach(it -> messages.put(it.getName(), it));
    }
    int found = 0;
    for (Map.Entry<String, JsonNode> schema : api.at("/components/schemas").properties()) {
      Descriptor message = messages.get(schema.getKey());
      if (message != null) {
        Map<String, String> fields = new HashMap<>();
        message.getFields().forEach(it -> fields.put(it.getName(), type(it)));
        Map<String, String> described = new HashMap<>();
        schema
            .getValue()
            .path("properties")
            .properties()
            .forEach(it -> described.put(it.getKey(), type(it.getValue())));
        assertThat(described).as(schema.getKey()).isEqualTo(fields);
        found++;
      }
    }
    assertThat(found).isGreaterThan(25);
  }

  private static String type(FieldDescriptor field) {
    if (field.isMapField()) {
      return "map of " + type(field.getMessageType().findFieldByName("value"));
    }
    String one =
        switch (field.getJavaType()) {
          case INT -> "integer";
          case LONG -> "Int64";
          case DOUBLE, FLOAT -> "number";
          case STRING -> "string";
          case BOOLEAN -> "boolean";
          case ENUM -> field.getEnumType().getName();
          case MESSAGE -> field.getMessageType().getName();
          case BYTE_STRING -> "bytes";
        };
    return field.isRepeated() ? "list of " + one : one;
  }

  private static String type(JsonNode schema) {
    if (schema.has("$ref")) {
      String ref = schema.path("$ref").asText();
      return ref.substring(ref.lastIndexOf('/') + 1);
    }
    if (schema.has("items")) {
      return "list of " + type(schema.path("items"));
    }
    return schema.has("additionalProperties")
        ? "map of " + type(schema.path("additionalProperties"))
        : schema.path("type").asText();
  }

  private void assertDescribed(String method, String path, RunningServer.Answer answer) {
    JsonNode responses =
        api.path("paths").properties().stream()
            .filter(it -> path.matches(it.getKey().replaceAll("\\{\\w+}", "[^/]+")))
            .filter(it -> it.getValue().has(method))
            .findFirst()
            .orElseThrow()
            .getValue()
            .path(method)
            .path("responses");
    String status = Integer.toString(answer.status());
    JsonNode response = resolve(responses.path(responses.has(status) ? status : "default"));
    JsonNode schema = response.at("/content/application~1json/schema");
    assertThat(schema.isMissingNode()).as("%s answers %s", path, status).isFalse();
    check(path, answer.json(), schema);
  }

  /** Every field is described, none is missing, and each has its type. */
  private void check(String at, JsonNode value, JsonNode described) {
    JsonNode schema = resolve(described);
    if (schema.has("oneOf")) {
      if (!value.isNull()) {
        check(at, value, schema.path("oneOf").path(0));
      }
      return;
    }
    if (schema.has("type")) {
      assertThat(types(schema.path("type"))).as(at).contains(type(at, value));
    }
    if (value.isArray()) {
      value.forEach(it -> check(at + "[]", it, schema.path("items")));
    } else if (value.isObject()) {
      schema.path("required").forEach(it -> assertThat(value.has(it.asText())).as(at).isTrue());
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        JsonNode property = schema.path("properties").path(field.getKey());
        JsonNode of = property.isMissingNode() ? schema.path("additionalProperties") : property;
        assertThat(of.isObject()).as("%s.%s is described", at, field.getKey()).isTrue();
        check(at + "." + field.getKey(), field.getValue(), of);
      }
    }
  }

  private static Set<String> types(JsonNode type) {
    Set<String> types = new TreeSet<>();
    if (type.isTextual()) {
      types.add(type.asText());
    }
    type.forEach(it -> types.add(it.asText()));
    if (types.contains("number")) {
      types.add("integer");
    }
    return types;
  }

  private static String type(String at, JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case ARRAY -> "array";
      case STRING -> "string";
      case BOOLEAN -> "boolean";
      case NULL -> "null";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      default -> throw new AssertionError(at + ": " + value);
    };
  }

  private JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? api.at(node.path("$ref").asText().substring(1)) : node;
  }

  private static CompletableFuture<Reply> reply(Command command) {
    Reply.Builder reply = Reply.newBuilder();
    switch (command.getActionCase()) {
      case STATUS -> reply.setStatus(StatusReply.getDefaultInstance());
      case PLAN -> reply.setPlan(Plan.getDefaultInstance());
      case EXPLAIN -> reply.setExplanation(Explanation.getDefaultInstance());
      case HISTORY -> reply.setHistory(History.getDefaultInstance());
      default -> reply.setChange(Change.getDefaultInstance());
    }
    return CompletableFuture.completedFuture(reply.build());
  }
}
