package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.varve.schema.inference.InferParameter;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a lookup may ask for, over REST in JSON and in binary, and over gRPC, typed and raw. */
class LookupOutputsTest {
  private static final String INFER = "/v2/models/user/infer";
  private static final long UPDATED_MS = FakeEmbeddings.UPDATED_MS;

  private final FakeEmbeddings embeddings =
      FakeEmbeddings.users().with("user", "huge", 1e6f, -1e6f, 65_519);
  private final RunningServer server = RunningServer.over(embeddings);

  @AfterEach
  void stop() {
    server.close();
  }

  private static String body(String shape, String ids, String parameters, String... outputs) {
    var names = new StringBuilder();
    for (String output : outputs) {
      names.append(names.isEmpty() ? "" : ",").append("{\"name\":\"%s\"}".formatted(output));
    }
    return """
    {"inputs": [{"name": "ids", "datatype": "BYTES", "shape": [%s], "data": [%s]}],
     "parameters": {%s}, "outputs": [%s]}
    """
        .formatted(shape, ids, parameters, names);
  }

  private JsonNode ask(String shape, String ids, String parameters, String... outputs)
      throws Exception {
    var answer = server.post(INFER, body(shape, ids, parameters, outputs));
    assertThat(answer.status()).as(answer.error()).isEqualTo(200);
    return answer.json();
  }

  // -- outputs

  @Test
  void dimensionsAndTimesComeWhenAskedFor() throws Exception {
    JsonNode outputs = ask("3", "\"7\",\"x\",\"a\"", "", "event_time_ms", "dims").path("outputs");

    assertThat(outputs)
        .hasToString(
            "[{\"name\":\"event_time_ms\",\"datatype\":\"INT64\",\"shape\":[3],\"data\":[%d,0,%d]},"
                    .formatted(UPDATED_MS + 1, UPDATED_MS + 4)
                + "{\"name\":\"dims\",\"datatype\":\"INT32\",\"shape\":[3],\"data\":[3,0,3]}]");
  }

  @Test
  void withoutANameOnlyEmbeddingsAndStatusCome() throws Exception {
    JsonNode outputs = ask("1", "\"7\"", "").path("outputs");

    assertThat(outputs.findValuesAsText("name")).containsExactly("embeddings", "status");
  }

  @Test
  void embeddingsOfFp16AreTheNearestAndNeverInfinite() throws Exception {
    String fp16 = "\"embeddings_datatype\": \"FP16\"";
    JsonNode output = ask("2", "\"7\",\"huge\"", fp16, "embeddings").at("/outputs/0");

    assertThat(output.path("datatype").asText()).isEqualTo("FP16");
    assertThat(output.path("data")).hasToString("[1.0,-2.5,0.099975586,65504.0,-65504.0,65504.0]");
  }

  @Test
  void binaryAnswersHoldTheSameValues() throws Exception {
    String parameters = "\"embeddings_datatype\": \"FP16\", \"binary_data_output\": true";
    byte[] json =
        body("2", "\"7\",\"x\"", parameters, "status", "embeddings", "dims", "event_time_ms")
            .getBytes(StandardCharsets.UTF_8);

    var answer = server.postBinary(INFER, json, Integer.toString(json.length));

    int size =
        Integer.parseInt(answer.headers().firstValue(RestInference.BINARY_HEADER).orElseThrow());
    JsonNode head = new ObjectMapper().readTree(answer.body(), 0, size);
    assertThat(head.path("outputs").findValuesAsText("binary_data_size"))
        .containsExactly("2", "12", "8", "16");
    ByteBuffer raw = ByteBuffer.wrap(answer.body(), size, answer.body().length - size);
    raw.order(ByteOrder.LITTLE_ENDIAN);
    assertThat(new byte[] {raw.get(), raw.get()}).containsExactly(1, 0);
    float[] halves = new float[6];
    for (int i = 0; i < halves.length; i++) {
      halves[i] = Float.float16ToFloat(raw.getShort());
    }
    assertThat(halves).containsExactly(1, -2.5f, 0.099975586f, 0, 0, 0);
    assertThat(new int[] {raw.getInt(), raw.getInt()}).containsExactly(3, 0);
    assertThat(new long[] {raw.getLong(), raw.getLong()}).containsExactly(UPDATED_MS + 1, 0);
    assertThat(raw.hasRemaining()).isFalse();
  }

  // -- tables of ids

  @Test
  void aTableOfIdsGivesATableOfVectors() throws Exception {
    JsonNode outputs = ask("2, 2", "\"7\",\"x\",\"a\",\"7\"", "").path("outputs");

    assertThat(outputs)
        .hasToString(
            "[{\"name\":\"embeddings\",\"datatype\":\"FP32\",\"shape\":[2,2,3],\"data\":"
                + "[1.0,-2.5,0.1,0.0,0.0,0.0,4.0,5.0,6.0,1.0,-2.5,0.1]},"
                + "{\"name\":\"status\",\"datatype\":\"INT8\",\"shape\":[2,2],"
                + "\"data\":[1,0,1,1]}]");
  }

  @Test
  void emptyRowsOfIdsAreAnswered() throws Exception {
    assertThat(ask("2, 0", "", "").at("/outputs/0/shape")).hasToString("[2,0,3]");
    JsonNode pooled = ask("2, 0", "", "\"pooling\": \"mean\"").path("outputs");
    assertThat(pooled.at("/0/shape")).hasToString("[2,3]");
    assertThat(pooled.at("/0/data")).hasToString("[0.0,0.0,0.0,0.0,0.0,0.0]");
    assertThat(pooled.at("/1/data")).hasToString("[0,0]");
  }

  @Test
  void theSumIsThatOfTheIdsThatAreNoPadding() throws Exception {
    String ids = "\"7\",\"a\",\"\", \"x\",\"\",\"\", \"\",\"\",\"\"";
    JsonNode outputs =
        ask("3, 3", ids, "\"pooling\": \"sum\"", "embeddings", "status", "dims", "event_time_ms")
            .path("outputs");

    assertThat(outputs.at("/0/shape")).hasToString("[3,3]");
    assertThat(outputs.at("/0/data")).hasToString("[5.0,2.5,6.1,0.0,0.0,0.0,0.0,0.0,0.0]");
    assertThat(outputs.at("/1/data")).hasToString("[1,0,0]");
    assertThat(outputs.at("/2/data")).hasToString("[3,0,0]");
    assertThat(outputs.at("/3/data")).hasToString("[%d,0,0]".formatted(UPDATED_MS + 4));
  }

  @Test
  void theMeanCountsUnknownIdsAndNoPadding() throws Exception {
    JsonNode data =
        ask("2, 3", "\"a\",\"x\",\"\", \"7\",\"\",\"\"", "\"pooling\": \"mean\"", "embeddings")
            .at("/outputs/0/data");

    assertThat(data).hasToString("[2.0,2.5,3.0,1.0,-2.5,0.1]");
  }

  @Test
  void paddingIsTheIdThatARequestNamesEvenIfItHasARow() throws Exception {
    JsonNode outputs = ask("2, 2", "\"7\",\"a\",7,\"\"", "\"pad\": 7").path("outputs");

    assertThat(outputs.at("/0/data"))
        .hasToString("[0.0,0.0,0.0,4.0,5.0,6.0,0.0,0.0,0.0,0.0,0.0,0.0]");
    assertThat(outputs.at("/1/data")).hasToString("[0,1,0,0]");
    assertThat(server.text("/metrics").body())
        .contains("varve_lookup_ids_total 2.0", "varve_lookup_unknown_ids_total 1.0");
  }

  // -- staleness

  @Test
  void theAnswerSaysHowStaleItIs() throws Exception {
    JsonNode fresh = ask("1", "\"7\"", "").path("parameters");
    assertThat(fresh)
        .hasToString(
            "{\"watermark_ms\":%d,\"layout_version\":3,\"stale_ms\":0}"
                .formatted(FakeEmbeddings.WATERMARK_MS));
    assertThat(embeddings.mostLagMs()).isEqualTo(RunningServer.STALENESS.toMillis());

    embeddings.lag(250);
    JsonNode stale = ask("1", "\"7\"", "\"max_staleness_ms\": 1000").path("parameters");
    assertThat(stale.path("stale_ms").asLong()).isEqualTo(250);
    assertThat(embeddings.mostLagMs()).isEqualTo(1_000);
  }

  // -- the same over gRPC

  @Test
  void grpcPoolsTypedIdsToFp16() {
    var ids = InferTensorContents.newBuilder();
    for (String id : new String[] {"7", "a", "x", ""}) {
      ids.addBytesContents(ByteString.copyFromUtf8(id));
    }
    var response = server.grpc().modelInfer(request(ids.build(), "mean").build());

    assertThat(response.getOutputs(0).getDatatype()).isEqualTo("FP16");
    assertThat(response.getOutputs(0).getShapeList()).containsExactly(2L, 3L);
    ByteBuffer halves = response.getRawOutputContents(0).asReadOnlyByteBuffer();
    halves.order(ByteOrder.LITTLE_ENDIAN);
    assertThat(Float.float16ToFloat(halves.getShort())).isEqualTo(2.5f);
    assertThat(response.getOutputs(1).getDatatype()).isEqualTo("INT64");
    ByteBuffer times = response.getRawOutputContents(1).asReadOnlyByteBuffer();
    assertThat(times.order(ByteOrder.LITTLE_ENDIAN).getLong()).isEqualTo(UPDATED_MS + 4);
    assertThat(response.getParametersOrThrow("layout_version").getInt64Param()).isEqualTo(3);
    assertThat(response.getParametersOrThrow("stale_ms").getInt64Param()).isZero();
  }

  @Test
  void grpcPoolsRawIdsAlike() {
    var typed = InferTensorContents.newBuilder();
    ByteBuffer raw = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
    for (String id : new String[] {"7", "a", "x", ""}) {
      typed.addBytesContents(ByteString.copyFromUtf8(id));
      raw.putInt(id.length()).put(id.getBytes(StandardCharsets.UTF_8));
    }
    var request = request(InferTensorContents.getDefaultInstance(), "sum");
    request.addRawInputContents(ByteString.copyFrom(raw.flip()));

    assertThat(server.grpc().modelInfer(request.build()))
        .isEqualTo(server.grpc().modelInfer(request(typed.build(), "sum").build()));
  }

  private static ModelInferRequest.Builder request(InferTensorContents ids, String pooling) {
    var input = InferInputTensor.newBuilder().setName("ids").setDatatype("BYTES");
    input.addShape(2).addShape(2);
    if (ids.getSerializedSize() > 0) {
      input.setContents(ids);
    }
    return ModelInferRequest.newBuilder()
        .setModelName("user")
        .addInputs(input)
        .addOutputs(InferRequestedOutputTensor.newBuilder().setName("embeddings"))
        .addOutputs(InferRequestedOutputTensor.newBuilder().setName("event_time_ms"))
        .putParameters("pooling", InferParameter.newBuilder().setStringParam(pooling).build())
        .putParameters(
            "embeddings_datatype", InferParameter.newBuilder().setStringParam("FP16").build());
  }
}
