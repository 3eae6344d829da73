package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Open Inference Protocol's extension for tensors in binary behind the JSON. */
class BinaryTensorsTest {
  private static final String INFER = "/v2/models/user/infer";
  private static final String HEADER = "Inference-Header-Content-Length";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunningServer server = RunningServer.over(FakeEmbeddings.users());

  @AfterEach
  void stop() {
    server.close();
  }

  // -- what is read

  @Test
  void idsOfInt64MayStandBehindTheJson() throws Exception {
    HttpResponse<byte[]> answer = send(json("INT64", 2, 16, ""), int64(7, 8));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue(HEADER)).isEmpty();
    assertThat(JSON.readTree(answer.body()).at("/outputs/0/data"))
        .hasToString("[1.0,-2.5,0.1,0.0,0.0,0.0]");
  }

  @Test
  void idsOfBytesMayStandBehindTheJson() throws Exception {
    HttpResponse<byte[]> answer = send(json("BYTES", 3, 14, ""), bytes("a", "7", ""));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(JSON.readTree(answer.body()).at("/outputs/1/data")).hasToString("[1,1,0]");
  }

  @Test
  void noIdsNeedNoBytes() throws Exception {
    assertThat(send(json("BYTES", 0, 0, ""), new byte[0]).statusCode()).isEqualTo(200);
  }

  // -- what is answered

  @Test
  void allOutputsMayBeBinary() throws Exception {
    String asked = ", \"parameters\": {\"binary_data_output\": true}";
    HttpResponse<byte[]> answer = send(json("INT64", 2, 16, asked), int64(7, 8));

    assertThat(answer.headers().firstValue("content-type")).hasValue("application/octet-stream");
    JsonNode json = header(answer);
    assertThat(json.path("model_version").asText()).isEqualTo("3");
    assertThat(json.path("outputs"))
        .hasToString(
            "[{\"name\":\"embeddings\",\"datatype\":\"FP32\",\"shape\":[2,3],"
                + "\"parameters\":{\"binary_data_size\":24}},"
                + "{\"name\":\"status\",\"datatype\":\"INT8\",\"shape\":[2],"
                + "\"parameters\":{\"binary_data_size\":2}}]");
    assertThat(behind(answer)).isEqualTo(floats(new byte[] {1, 0}, 1, -2.5f, 0.1f, 0, 0, 0));
  }

  @ParameterizedTest
  @CsvSource({"true, false", "false, true", "true, true", "false, false"})
  void anOutputMayBeBinaryWhateverTheOthersAre(boolean all, boolean one) throws Exception {
    String asked =
        """
        , "outputs": [{"name": "status"},
                      {"parameters": {"binary_data": %s}, "name": "embeddings"}],
          "parameters": {"binary_data_output": %s}\
        """
            .formatted(one, all);
    HttpResponse<byte[]> answer = send(json("INT64", 1, 8, asked), int64(7));

    boolean isBinary = all || one;
    assertThat(answer.headers().firstValue(HEADER).isPresent()).isEqualTo(isBinary);
    JsonNode outputs = (isBinary ? header(answer) : JSON.readTree(answer.body())).path("outputs");
    assertThat(outputs.at("/0/name").asText()).isEqualTo("status");
    assertThat(outputs.at("/0/data").isMissingNode()).isEqualTo(all);
    assertThat(outputs.at("/1/data").isMissingNode()).isEqualTo(one);
    ByteBuffer behind = ByteBuffer.wrap(isBinary ? behind(answer) : new byte[0]);
    behind.order(ByteOrder.LITTLE_ENDIAN);
    if (all) {
      assertThat(behind.get()).isEqualTo((byte) 1);
    }
    if (one) {
      assertThat(behind.getFloat()).isEqualTo(1);
      assertThat(behind.getFloat()).isEqualTo(-2.5f);
      assertThat(behind.getFloat()).isEqualTo(0.1f);
    }
    assertThat(behind.hasRemaining()).isFalse();
  }

  // -- what is refused

  @ParameterizedTest
  @ValueSource(strings = {"-1", "1000", "9999999999", "x", "1.5", "0x10"})
  void aHeaderThatDoesNotFitTheBodyIsRefused(String jsonBytes) throws Exception {
    HttpResponse<byte[]> answer =
        server.postBinary(INFER, "{}".getBytes(StandardCharsets.UTF_8), jsonBytes);

    assertRefused(
        answer, HEADER + ": " + jsonBytes + " (expected: from 0 to 2, the bytes of the body)");
  }

  @Test
  void bytesThatNobodyAnnouncedAreRefused() throws Exception {
    String json = "{\"inputs\": [{\"name\": \"ids\", \"datatype\": \"INT64\", \"shape\": [1]}]}";
    assertRefused(
        send(json, int64(7)),
        "inputs[0].parameters.binary_data_size: none (expected: 8, the bytes behind the JSON; its"
            + " end is Inference-Header-Content-Length)");
  }

  @Test
  void bytesThatDoNotComeAreRefused() throws Exception {
    String message =
        "inputs[0].parameters.binary_data_size: 16 (expected: 8, the bytes behind the JSON; its end"
            + " is Inference-Header-Content-Length)";
    assertRefused(send(json("INT64", 2, 16, ""), int64(7)), message);
    assertRefused(
        send(json("INT64", 1, -8, ""), int64(7)),
        "inputs[0].parameters.binary_data_size: -8 (expected: a number of bytes)");
  }

  @Test
  void bytesThatAreNotSoManyIdsAreRefused() throws Exception {
    assertRefused(
        send(json("INT64", 3, 16, ""), int64(7, 8)),
        "inputs[0]: 2 ids of INT64 (expected: 3 by its shape)");
    assertRefused(
        send(json("INT64", 1, 7, ""), new byte[7]),
        "inputs[0].binary_data: 7 bytes (expected: 8 bytes for each id of INT64)");
    assertRefused(
        send(json("BYTES", 2, 9, ""), Arrays.copyOf(bytes("a", "bc"), 9)),
        "inputs[0].binary_data: an id cut short at byte 5 (expected: for each id of BYTES its"
            + " length in 4 little-endian bytes, and its bytes)");
  }

  @Test
  void idsInBothFormsAreRefused() throws Exception {
    String json =
        """
        {"inputs": [{"name": "ids", "datatype": "INT64", "shape": [1], "data": [7],
                     "parameters": {"binary_data_size": 8}}]}\
        """;
    assertRefused(
        send(json, int64(7)), "inputs[0].data: values (expected: none beside binary_data_size)");
  }

  @Test
  void parametersOfAnotherKindAreRefused() throws Exception {
    assertRefused(
        send(json("INT64", 1, 8, ", \"parameters\": {\"binary_data_output\": 1}"), int64(7)),
        "parameters.binary_data_output: 1 (expected: true or false)");
    assertRefused(
        send(json("INT64", 1, 8, ", \"parameters\": [1]"), int64(7)),
        "parameters: [ (expected: an object)");
  }

  // -- bodies

  private static String json(String datatype, int n, int size, String more) {
    return """
    {"inputs": [{"name": "ids", "datatype": "%s", "shape": [%d],
                 "parameters": {"binary_data_size": %d}}]%s}\
    """
        .formatted(datatype, n, size, more);
  }

  private static byte[] int64(long... ids) {
    ByteBuffer raw = ByteBuffer.allocate(8 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long id : ids) {
      raw.putLong(id);
    }
    return raw.array();
  }

  private static byte[] bytes(String... ids) {
    ByteBuffer raw = ByteBuffer.allocate(1_000).order(ByteOrder.LITTLE_ENDIAN);
    for (String id : ids) {
      byte[] text = id.getBytes(StandardCharsets.UTF_8);
      raw.putInt(text.length).put(text);
    }
    return Arrays.copyOf(raw.array(), raw.position());
  }

  private static byte[] floats(byte[] behind, float... values) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length + behind.length);
    raw.order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      raw.putFloat(value);
    }
    return raw.put(behind).array();
  }

  private HttpResponse<byte[]> send(String json, byte[] behind) throws Exception {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    byte[] body = Arrays.copyOf(text, text.length + behind.length);
    System.arraycopy(behind, 0, body, text.length, behind.length);
    return server.postBinary(INFER, body, Integer.toString(text.length));
  }

  private static int jsonBytes(HttpResponse<byte[]> answer) {
    return Integer.parseInt(answer.headers().firstValue(HEADER).orElseThrow());
  }

  private static JsonNode header(HttpResponse<byte[]> answer) throws Exception {
    return JSON.readTree(answer.body(), 0, jsonBytes(answer));
  }

  private static byte[] behind(HttpResponse<byte[]> answer) {
    return Arrays.copyOfRange(answer.body(), jsonBytes(answer), answer.body().length);
  }

  private static void assertRefused(HttpResponse<byte[]> answer, String message) throws Exception {
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(answer.body()).path("error").asText()).isEqualTo(message);
  }
}
