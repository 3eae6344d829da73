package dev.varve.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import dev.varve.schema.inference.InferParameter;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Requests that are wrong in the ways that requests are wrong; a few, of those that noise makes,
 * come out right.
 *
 * <p>The server they are for is {@link RunningServer}.
 */
final class MalformedRequests {
  private static final String[] DATATYPES = {"FP32", "INT32", "bytes", "", "BYTES ", "INT64\u0000"};
  private static final String[] SIZES = {"-1", "0", "3", "2147483648", "9223372036854775807", "x"};
  private static final int MILLION = 1_000_000;

  private final RandomGenerator random;

  MalformedRequests(RandomGenerator random) {
    this.random = random;
  }

  private <T> T one(T[] of) {
    return of[random.nextInt(of.length)];
  }

  private byte[] noise(int most) {
    var bytes = new byte[random.nextInt(most + 1)];
    random.nextBytes(bytes);
    return bytes;
  }

  // -- HTTP

  AggregatedHttpRequest http() {
    return switch (random.nextInt(11)) {
      case 0 -> lookup("BYTES", "[%s]".formatted(one(SIZES)), "[\"7\"]");
      case 1 -> lookup("BYTES", "[1,%s,1]".formatted(one(SIZES)), "[\"7\"]");
      case 2 -> lookup(one(DATATYPES), "[1]", "[7]");
      case 3 -> lookup("INT64", "[1]", "[\"%s\"]".formatted(one(DATATYPES)));
      case 4 -> model();
      case 5 -> many();
      case 6 -> binary();
      case 7 -> infer(badText(), "");
      case 8 -> infer(noise(100), random.nextBoolean() ? "" : Integer.toString(random.nextInt(99)));
      case 9 -> named();
      default -> feast();
    };
  }

  private static AggregatedHttpRequest post(String path, String jsonBytes, byte[] body) {
    RequestHeadersBuilder headers =
        RequestHeaders.builder(HttpMethod.POST, path).contentType(MediaType.JSON);
    if (!jsonBytes.isEmpty()) {
      headers.add(RestInference.BINARY_HEADER, jsonBytes);
    }
    return AggregatedHttpRequest.of(headers.build(), HttpData.wrap(body));
  }

  private static AggregatedHttpRequest infer(byte[] body, String jsonBytes) {
    return post("/v2/models/user/infer", jsonBytes, body);
  }

  private static String lookupJson(String datatype, String shape, String data) {
    return "{\"inputs\":[{\"name\":\"ids\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}]}"
        .formatted(datatype.replace("\u0000", "\\u0000"), shape, data);
  }

  private static AggregatedHttpRequest lookup(String datatype, String shape, String data) {
    return infer(lookupJson(datatype, shape, data).getBytes(UTF_8), "");
  }

  private AggregatedHttpRequest model() {
    String[] paths = {"nope", "user/versions/4", "user/versions/x", "user/versions/-3", "%20", "é"};
    byte[] body = lookupJson("INT64", "[1]", "[123]").getBytes(UTF_8);
    return post("/v2/models/%s/infer".formatted(one(paths)), "", body);
  }

  /** A million now and then: their bytes alone are more than is taken. */
  private AggregatedHttpRequest many() {
    int n = random.nextInt(200) == 0 ? MILLION : RunningServer.MAX_IDS + 1 + random.nextInt(99);
    String data = "[7" + ",7".repeat(n - 1) + "]";
    return lookup("INT64", "[%d]".formatted(n), data);
  }

  /** Raw ids whose sizes are not true. */
  private AggregatedHttpRequest binary() {
    boolean areTexts = random.nextBoolean();
    byte[] ids = areTexts ? new byte[] {1, 0, 0, 0, 'a', 1, 0, 0, 0, 'b'} : new byte[16];
    String size = random.nextBoolean() ? Integer.toString(ids.length) : one(SIZES);
    String json =
        """
        {"inputs": [{"name": "ids", "datatype": "%s", "shape": [2],
         "parameters": {"binary_data_size": %s}}]}
        """
            .formatted(areTexts ? "BYTES" : "INT64", size);
    if (areTexts) {
      ids[random.nextBoolean() ? 0 : 3] = (byte) random.nextInt(2, 256);
    } else {
      ids = Arrays.copyOf(ids, random.nextInt(16));
    }
    byte[] head = json.getBytes(UTF_8);
    byte[] body = Arrays.copyOf(head, head.length + ids.length);
    System.arraycopy(ids, 0, body, head.length, ids.length);
    return infer(
        body, random.nextInt(4) == 0 ? one(SIZES) : Integer.toString(json.getBytes(UTF_8).length));
  }

  /** Bytes that are no UTF-8 within a text, or no JSON any more. */
  private byte[] badText() {
    byte[] body = lookupJson("BYTES", "[1]", "[\"some text\"]").getBytes(ISO_8859_1);
    int at = random.nextInt(body.length);
    body[at] = (byte) (0x80 | random.nextInt());
    return body;
  }

  private AggregatedHttpRequest named() {
    String[] more = {
      "\"outputs\":[{\"name\":\"nope\"}]",
      "\"outputs\":[{\"name\":\"dims\"},{\"name\":\"dims\"}]",
      "\"outputs\":7",
      "\"parameters\":{\"pooling\":\"max\"}",
      "\"parameters\":{\"pooling\":\"sum\"}",
      "\"parameters\":{\"max_staleness_ms\":-1}",
      "\"parameters\":{\"embeddings_datatype\":\"FP64\"}",
      "\"id\":[1]",
      "\"inputs\":[]",
      "\"inputs\":{}"
    };
    String good = lookupJson("INT64", "[1]", "[7]");
    return infer(
        (good.substring(0, good.length() - 1) + "," + one(more) + "}").getBytes(UTF_8), "");
  }

  private AggregatedHttpRequest feast() {
    String[] bodies = {
      "{\"features\":[\"nope:embedding\"],\"entities\":{\"nope\":[1]}}",
      "{\"features\":[\"user:nope\"],\"entities\":{\"user\":[1]}}",
      "{\"features\":[\"user\"],\"entities\":{\"user\":[1]}}",
      "{\"features\":[\"user:embedding\"],\"entities\":{\"user\":[1],\"item\":[1,2]}}",
      "{\"features\":[\"user:embedding\"],\"entities\":{\"user\":7}}",
      "{\"features\":[\"user:embedding\"],\"entities\":{}}",
      "{\"features\":[],\"entities\":{\"user\":[1]}}",
      "{\"feature_service\":\"s\",\"entities\":{\"user\":[1]}}",
      "[]",
      ""
    };
    return post("/get-online-features", "", one(bodies).getBytes(UTF_8));
  }

  // -- gRPC

  /** The bytes of a message, or of none. */
  byte[] grpc() {
    return switch (random.nextInt(9)) {
      case 0 -> noise(60);
      case 1 -> {
        byte[] bytes = good().build().toByteArray();
        yield Arrays.copyOf(bytes, random.nextInt(1, bytes.length));
      }
      case 2 -> {
        byte[] bytes = good().build().toByteArray();
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        yield bytes;
      }
      case 3 -> good().setInputs(0, ids(one(DATATYPES), 1)).build().toByteArray();
      case 4 -> good().setInputs(0, ids("INT64", random.nextLong(), 1)).build().toByteArray();
      case 5 -> raw();
      case 6 -> model(random.nextBoolean() ? "nope" : "", one(SIZES));
      case 7 -> manyIds();
      default -> parameters();
    };
  }

  private static InferInputTensor.Builder ids(String datatype, long... shape) {
    var input = InferInputTensor.newBuilder().setName("ids").setDatatype(datatype);
    for (long size : shape) {
      input.addShape(size);
    }
    return input.setContents(InferTensorContents.newBuilder().addInt64Contents(7));
  }

  private static ModelInferRequest.Builder good() {
    return ModelInferRequest.newBuilder().setModelName("user").addInputs(ids("INT64", 1));
  }

  private byte[] raw() {
    byte[] ids = {1, 0, 0, 0, 'a', 1, 0, 0, 0, 'b'};
    ids[random.nextInt(4)] = (byte) random.nextInt(2, 256);
    var request = good().setInputs(0, ids("BYTES", 2).clearContents());
    for (int i = random.nextInt(1, 3); i > 0; i--) {
      request.addRawInputContents(ByteString.copyFrom(ids, 0, random.nextInt(ids.length)));
    }
    return request.build().toByteArray();
  }

  private static byte[] model(String name, String version) {
    return good().setModelName(name).setModelVersion(version).build().toByteArray();
  }

  private byte[] manyIds() {
    // A million would not pass the client's own frames: what the server takes ends far below.
    int n = RunningServer.MAX_IDS + 1 + random.nextInt(random.nextInt(20) == 0 ? 200_000 : 99);
    var contents = InferTensorContents.newBuilder();
    for (int i = 0; i < n; i++) {
      contents.addInt64Contents(i);
    }
    return good().setInputs(0, ids("INT64", n).setContents(contents)).build().toByteArray();
  }

  private byte[] parameters() {
    String[] names = {"pooling", "pad", "max_staleness_ms", "embeddings_datatype"};
    var value =
        switch (random.nextInt(3)) {
          case 0 -> InferParameter.newBuilder().setBoolParam(true);
          case 1 -> InferParameter.newBuilder().setDoubleParam(0.5);
          default -> InferParameter.newBuilder().setStringParam("nope");
        };
    var request = good().putParameters(one(names), value.build());
    if (random.nextBoolean()) {
      request.addOutputs(InferRequestedOutputTensor.newBuilder().setName("nope"));
    }
    return request.build().toByteArray();
  }
}
