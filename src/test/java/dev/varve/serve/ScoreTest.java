package dev.varve.serve;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.varve.event.ExampleCodec;
import dev.varve.event.LimitsConfig;
import dev.varve.learn.Predictor;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelMetadataRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model that predicts whole examples, over REST and gRPC. */
class ScoreTest {
  private static final String INFER = "/v2/models/score/infer";
  private static final int TAGS = 3;

  private final FakeRows rows = new FakeRows();
  private final RunningServer server = RunningServer.over(rows.predictions());

  @AfterEach
  void stop() {
    server.close();
  }

  // -- against the trainers' predictor

  /** Examples by their columns; an empty text and NaN stand for what an example does not have. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Columns(
      String[] users, long[] items, String[] tags, float[] prices, double[] ages) {
    static Columns random(RandomGenerator random, int n) {
      return new Columns(
          texts(random, n, 0.1),
          random.longs(n, 0, 50).toArray(),
          texts(random, TAGS * n, 0.5),
          floats(random, n),
          random.doubles(n, -100, 100).toArray());
    }

    private static String[] texts(RandomGenerator random, int n, double empty) {
      String[] texts = new String[n];
      for (int i = 0; i < n; i++) {
        texts[i] = random.nextDouble() < empty ? "" : "é" + random.nextInt(30);
      }
      return texts;
    }

    private static float[] floats(RandomGenerator random, int n) {
      float[] floats = new float[n];
      for (int i = 0; i < n; i++) {
        floats[i] = random.nextInt(5) == 0 ? Float.NaN : (float) random.nextGaussian();
      }
      return floats;
    }

    int size() {
      return users.length;
    }

    /** As the trainer would have got it. */
    Example example(int i) {
      var example = Example.newBuilder().setEventTimeMs(FakeEmbeddings.WATERMARK_MS).setLabel(0);
      example.addFeatures(categories("user", users[i]));
      example.addFeatures(Feature.newBuilder().setName("item").addIntIds(items[i]));
      example.addFeatures(categories("tag", Arrays.copyOfRange(tags, TAGS * i, TAGS * (i + 1))));
      if (!Float.isNaN(prices[i])) {
        example.addFeatures(Feature.newBuilder().setName("price").setValue(prices[i]));
      }
      example.addFeatures(Feature.newBuilder().setName("age").setValue(ages[i]));
      return example.build();
    }

    private static Feature categories(String name, String... ids) {
      var present = Arrays.stream(ids).filter(id -> !id.isEmpty()).toList();
      return Feature.newBuilder().setName(name).addAllIds(present).build();
    }
  }

  private float[] expected(Columns of) throws Exception {
    Predictor predictor = rows.predictor();
    var codec = new ExampleCodec(LimitsConfig.defaults(), rows.features());
    for (int i = 0; i < of.size(); i++) {
      predictor.add(codec.key(of.example(i)), "");
    }
    predictor.predict();
    float[] probabilities = new float[of.size()];
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = (float) (1 / (1 + Math.exp(-predictor.logit(i))));
    }
    return probabilities;
  }

  @Test
  void probabilitiesAreThoseOfTheTrainersHoweverTheyAreAskedFor() {
    forAll(
        30,
        random -> {
          Columns of = Columns.random(random, random.nextInt(1, 40));
          float[] expected = expected(of);
          assertThat(Arrays.stream(boxed(expected)).distinct().count())
              .isGreaterThan(of.size() / 2);

          assertThat(overBinary(of)).containsExactly(expected);
          assertThat(overGrpc(of, true)).containsExactly(expected);
          assertThat(overGrpc(of, false)).containsExactly(expected);
          assertThat(overJson(of)).containsExactly(expected);
        });
  }

  private static Float[] boxed(float[] values) {
    Float[] boxed = new Float[values.length];
    Arrays.setAll(boxed, i -> values[i]);
    return boxed;
  }

  private float[] overJson(Columns of) throws Exception {
    // JSON has no NaN: examples without a price are asked for without the input.
    float[] found = new float[of.size()];
    for (int i = 0; i < found.length; i++) {
      List<String> inputs = new ArrayList<>();
      inputs.add(input("user", "BYTES", "1", text(of.users[i])));
      inputs.add(input("item", "INT64", "1", Long.toString(of.items[i])));
      String tags =
          Arrays.stream(of.tags, TAGS * i, TAGS * (i + 1))
              .map(ScoreTest::text)
              .collect(Collectors.joining(","));
      inputs.add(input("tag", "BYTES", "1, " + TAGS, tags));
      if (!Float.isNaN(of.prices[i])) {
        inputs.add(input("price", "FP32", "1", Float.toString(of.prices[i])));
      }
      inputs.add(input("age", "FP64", "1", Double.toString(of.ages[i])));
      var answer = server.post(INFER, body(inputs));
      assertThat(answer.status()).as(answer.error()).isEqualTo(200);
      assertThat(answer.json().at("/outputs/0/shape")).hasToString("[1]");
      found[i] = Float.parseFloat(answer.json().at("/outputs/0/data/0").asText());
    }
    return found;
  }

  private static String text(String text) {
    return "\"" + text + "\"";
  }

  private static String input(String name, String datatype, String shape, String data) {
    return """
    {"name": "%s", "datatype": "%s", "shape": [%s], "data": [%s]}\
    """
        .formatted(name, datatype, shape, data);
  }

  private static String body(List<String> inputs) {
    return "{\"inputs\": [%s]}".formatted(String.join(",", inputs));
  }

  private float[] overBinary(Columns of) throws Exception {
    ModelInferRequest request = request(of, true);
    var inputs = new ArrayList<String>();
    ByteBuffer behind = ByteBuffer.allocate(20_000);
    for (int i = 0; i < request.getInputsCount(); i++) {
      ByteString raw = request.getRawInputContents(i);
      inputs.add(
          """
          {"name": "%s", "datatype": "%s", "shape": %s, "parameters": {"binary_data_size": %d}}\
          """
              .formatted(
                  request.getInputs(i).getName(),
                  request.getInputs(i).getDatatype(),
                  request.getInputs(i).getShapeList(),
                  raw.size()));
      behind.put(raw.toByteArray());
    }
    byte[] json =
        "{\"parameters\": {\"binary_data_output\": true}, \"inputs\": [%s]}"
            .formatted(String.join(",", inputs))
            .getBytes(StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(json, json.length + behind.position());
    System.arraycopy(behind.array(), 0, all, json.length, behind.position());

    var answer = server.postBinary(INFER, all, Integer.toString(json.length));

    assertThat(answer.statusCode())
        .as(new String(answer.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    int size =
        Integer.parseInt(answer.headers().firstValue(RestInference.BINARY_HEADER).orElseThrow());
    JsonNode head = new ObjectMapper().readTree(answer.body(), 0, size);
    assertThat(head.at("/outputs/0/name").asText()).isEqualTo("probability");
    return floats(ByteBuffer.wrap(answer.body(), size, answer.body().length - size).slice());
  }

  private float[] overGrpc(Columns of, boolean isRaw) {
    var response = server.grpc().modelInfer(request(of, isRaw));
    assertThat(response.getOutputs(0).getName()).isEqualTo("probability");
    assertThat(response.getOutputs(0).getDatatype()).isEqualTo("FP32");
    assertThat(response.getOutputs(0).getShapeList()).containsExactly((long) of.size());
    assertThat(response.getModelVersion()).isEqualTo("3");
    return floats(response.getRawOutputContents(0).asReadOnlyByteBuffer());
  }

  private static float[] floats(ByteBuffer raw) {
    float[] floats = new float[raw.remaining() / Float.BYTES];
    raw.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  private static ModelInferRequest request(Columns of, boolean isRaw) {
    var items = InferTensorContents.newBuilder();
    var prices = InferTensorContents.newBuilder();
    var ages = InferTensorContents.newBuilder();
    for (int i = 0; i < of.size(); i++) {
      items.addInt64Contents(of.items[i]);
      prices.addFp32Contents(of.prices[i]);
      ages.addFp64Contents(of.ages[i]);
    }
    var request = ModelInferRequest.newBuilder().setModelName("score");
    add(request, isRaw, "user", "BYTES", texts(of.users), of.size());
    add(request, isRaw, "item", "INT64", items, of.size());
    add(request, isRaw, "tag", "BYTES", texts(of.tags), of.size(), TAGS);
    add(request, isRaw, "price", "FP32", prices, of.size());
    add(request, isRaw, "age", "FP64", ages, of.size());
    return request.build();
  }

  private static InferTensorContents.Builder texts(String[] texts) {
    var contents = InferTensorContents.newBuilder();
    for (String text : texts) {
      contents.addBytesContents(ByteString.copyFromUtf8(text));
    }
    return contents;
  }

  private static void add(
      ModelInferRequest.Builder to,
      boolean isRaw,
      String name,
      String datatype,
      InferTensorContents.Builder contents,
      long... shape) {
    var input = InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
    Arrays.stream(shape).forEach(input::addShape);
    if (isRaw) {
      to.addRawInputContents(raw(contents));
    } else {
      input.setContents(contents);
    }
    to.addInputs(input);
  }

  private static ByteString raw(InferTensorContents.Builder of) {
    ByteBuffer raw = ByteBuffer.allocate(20_000).order(ByteOrder.LITTLE_ENDIAN);
    of.getBytesContentsList()
        .forEach(text -> raw.putInt(text.size()).put(text.asReadOnlyByteBuffer()));
    of.getInt64ContentsList().forEach(raw::putLong);
    of.getFp32ContentsList().forEach(raw::putFloat);
    of.getFp64ContentsList().forEach(raw::putDouble);
    return ByteString.copyFrom(raw.flip());
  }

  // -- what is left out

  @Test
  void missingFeaturesPaddingAndUnknownFeaturesAddNothing() throws Exception {
    double alone = probability(input("user", "BYTES", "1", "\"é1\""));

    assertThat(
            probability(
                input("user", "BYTES", "1, 3", "\"\", \"é1\", \"\""),
                input("tag", "BYTES", "1, 0", ""),
                input("new", "BYTES", "1", "\"x\""),
                input("newer", "FP32", "1", "1")))
        .isEqualTo(alone);
    assertThat(rows.features().isKnown("new")).as("asking teaches nothing").isFalse();
    assertThat(
            probability(
                input("user", "BYTES", "1", "\"é1\""), input("item", "INT64", "1, 2", "5, 5")))
        .isNotEqualTo(alone);
    var padded =
        server.post(
            INFER,
            "{\"parameters\": {\"pad\": 5}, \"inputs\": [%s, %s]}"
                .formatted(
                    input("user", "BYTES", "1", "\"é1\""), input("item", "INT64", "1, 2", "5, 5")));
    assertThat(padded.json().at("/outputs/0/data/0").asDouble()).isEqualTo(alone);
  }

  private double probability(String... inputs) throws Exception {
    var answer = server.post(INFER, body(List.of(inputs)));
    assertThat(answer.status()).as(answer.error()).isEqualTo(200);
    return answer.json().at("/outputs/0/data/0").asDouble();
  }

  @Test
  void noExamplesHaveNoProbabilities() throws Exception {
    var answer = server.post(INFER, body(List.of(input("user", "BYTES", "0", ""))));

    assertThat(answer.json().at("/outputs/0/data")).hasToString("[]");
  }

  @Test
  void aTableOfTheSameNameDoesNotHideTheModel() throws Exception {
    var answer = server.post(INFER, body(List.of(input("ids", "BYTES", "1", "\"7\""))));

    assertThat(answer.json().at("/outputs/0/name").asText()).isEqualTo("probability");
  }

  @Test
  void theAnswerSaysWhatItWasMadeWith() throws Exception {
    var answer = server.post(INFER, body(List.of(input("user", "BYTES", "1", "\"é1\""))));

    assertThat(answer.json().path("model_name").asText()).isEqualTo("score");
    assertThat(answer.json().path("parameters"))
        .hasToString(
            "{\"watermark_ms\":%d,\"layout_version\":3,\"stale_ms\":0}"
                .formatted(FakeEmbeddings.WATERMARK_MS));
    assertThat(server.text("/metrics").body())
        .contains("varve_score_examples_total 1.0")
        .contains("varve_score_requests_total{outcome=\"ok\",protocol=\"rest\"} 1.0")
        .contains("varve_lookup_requests_total{outcome=\"ok\",protocol=\"rest\"} 0.0");
  }

  @Test
  void metadataNamesTheFeatures() throws Exception {
    assertThat(server.get("/v2/models/score").json())
        .hasToString(
            "{\"name\":\"score\",\"versions\":[\"3\"],\"platform\":\"varve\",\"inputs\":["
                + "{\"name\":\"user\",\"datatype\":\"BYTES\",\"shape\":[-1]},"
                + "{\"name\":\"item\",\"datatype\":\"BYTES\",\"shape\":[-1]},"
                + "{\"name\":\"tag\",\"datatype\":\"BYTES\",\"shape\":[-1]},"
                + "{\"name\":\"price\",\"datatype\":\"FP32\",\"shape\":[-1]},"
                + "{\"name\":\"age\",\"datatype\":\"FP32\",\"shape\":[-1]}],"
                + "\"outputs\":[{\"name\":\"probability\",\"datatype\":\"FP32\",\"shape\":[-1]}],"
                + "\"properties\":{\"max_ids\":\"1000\",\"parameters\":\"pad\"}}");
    assertThat(server.get("/v2/models/score/ready").status()).isEqualTo(200);
    var overGrpc =
        server.grpc().modelMetadata(ModelMetadataRequest.newBuilder().setName("score").build());
    assertThat(overGrpc.getInputsCount()).isEqualTo(5);
  }

  // -- what is refused

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "user  | FP32  | 1     | 1    | inputs[1].datatype: FP32 (expected: BYTES or INT64: user is"
            + " categorical)",
        "price | BYTES | 1     | \"a\" | inputs[1].datatype: BYTES (expected: FP32, FP64 or INT64:"
            + " price is numerical)",
        "price | BOOL  | 1     | true | inputs[1].data[0]: true (expected: a string or a number)",
        "price | UINT8 | 1     | 1    | inputs[1].datatype: UINT8 (expected: BYTES, INT64, FP32 or"
            + " FP64)",
        "price | FP32  | 1, 1  | 1    | inputs[1].shape: [1, 1] (expected: [n]: price is"
            + " numerical)",
        "price | FP32  | 1     | \"a\" | inputs[1].data[0]: a string (expected: a number)",
        "price | FP64  | 1     | 1e999 | inputs[1].data[0]: Infinity (expected: a finite number, or"
            + " NaN for none)",
        "price | FP32  | 2     | 1, 2 | inputs[1].shape: 2 examples (expected: 1, as inputs[0]"
            + " has)",
        "price | FP32  | 2     | 1    | inputs[1]: 1 values of FP32 (expected: 2 by its shape)",
        "item  | INT64 | 1     | 1.5  | inputs[1].data[0]: 1.5 (expected: an integer of 64 bits)",
        "item  | INT64 | 1     | \"a\" | inputs[1].data[0]: a string (expected: an integer of 64"
            + " bits)",
        "item  | BYTES | 1     | 1.5  | inputs[1].data[0]: 1.5 (expected: a string or an integer)",
        "item  | INT64 | -1    | 1    | inputs[1].shape: [-1] (expected: [n] or [n, k], sizes of 0"
            + " or more)",
        "tag   | BYTES | 1     | \"a\" | inputs[1].name: tag (expected: each feature once)",
      })
  void aTensorThatContradictsItselfOrItsFeatureIsRefused(
      String name, String datatype, String shape, String data, String message) throws Exception {
    var first = name.equals("tag") ? "tag" : "user".equals(name) ? "item" : "user";
    assertRefused(
        400, message, input(first, "BYTES", "1", "\"a\""), input(name, datatype, shape, data));
  }

  @Test
  void noInputsAndTooManyValuesAreRefused() throws Exception {
    assertRefused(400, "inputs: none (expected: one for each feature)");
    String many = String.join(",", Collections.nCopies(RunningServer.MAX_IDS / 2 + 1, "1"));
    String half = Integer.toString(RunningServer.MAX_IDS / 2 + 1);
    assertRefused(
        413,
        "inputs: more values (expected: at most 1000, serve.max-ids)",
        input("user", "INT64", half, many),
        input("item", "INT64", half, many));
  }

  @Test
  void anUnknownFeatureIsRefusedByNameWhereFeaturesAreClosed() throws Exception {
    try (var closed = RunningServer.over(FakeRows.closed().predictions())) {
      var answer = closed.post(INFER, body(List.of(input("nobody", "BYTES", "1", "\"a\""))));

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.error())
          .isEqualTo(
              "inputs[0].name: nobody"
                  + " (expected: a declared feature, since features.closed is true)");
    }
  }

  @Test
  void anUnknownOutputAndVersionAreRefused() throws Exception {
    String inputs = input("user", "BYTES", "1", "\"a\"");
    var output =
        server.post(
            INFER, "{\"inputs\":[%s],\"outputs\":[{\"name\":\"status\"}]}".formatted(inputs));
    assertThat(output.error()).isEqualTo("outputs: status (expected: one of probability)");
    var version = server.post("/v2/models/score/versions/9/infer", body(List.of(inputs)));
    assertThat(version.status()).isEqualTo(404);
  }

  @Test
  void aShardThatIsAwayAndWeightsOutOfBoundsAreUnavailable() throws Exception {
    String inputs = input("user", "BYTES", "2", "\"a\", \"b\"");
    rows.poison();
    assertRefused(
        503, "prediction: no number (expected: one; the weights have grown out of bounds)", inputs);
    rows.leave();
    assertThat(server.post(INFER, body(List.of(inputs))).error()).contains("restoring");
    var refused =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> overGrpc(Columns.random(new Random(1), 2), true));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  private void assertRefused(int status, String message, String... inputs) throws Exception {
    var answer = server.post(INFER, body(List.of(inputs)));
    assertThat(answer.error()).isEqualTo(message);
    assertThat(answer.status()).isEqualTo(status);
  }
}
