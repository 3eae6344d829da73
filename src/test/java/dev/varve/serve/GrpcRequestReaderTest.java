package dev.varve.serve;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.varve.event.Category;
import dev.varve.schema.inference.InferParameter;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GrpcRequestReaderTest {
  private static final int MAX_IDS = 64;

  @Test
  void rawAndTypedInt64GiveTheSameKeys() {
    forAll(
        200,
        random -> {
          long[] ids = random.longs(random.nextInt(MAX_IDS + 1)).toArray();
          long[] keys = Arrays.stream(ids).map(Category::key).toArray();
          var typed = InferTensorContents.newBuilder();
          ByteBuffer raw = ByteBuffer.allocate(8 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
          for (long id : ids) {
            typed.addInt64Contents(id);
            raw.putLong(id);
          }
          var input = input("INT64", ids.length);

          assertThat(read(infer(input.clone().setContents(typed))).keys()).isEqualTo(keys);
          assertThat(read(infer(input).addRawInputContents(ByteString.copyFrom(raw.flip()))).keys())
              .isEqualTo(keys);
        });
  }

  @Test
  void everyTrueBeginningOfRawBytesIsRefused() {
    byte[] raw = {1, 0, 0, 0, 'a', 0, 0, 0, 0, 2, 0, 0, 0, 'b', 'c'};
    assertThat(read(rawBytes(3, raw)).keys())
        .containsExactly(Category.key("a"), Category.key(""), Category.key("bc"));

    for (int length = 0; length < raw.length; length++) {
      var request = rawBytes(3, Arrays.copyOf(raw, length));
      assertThatThrownBy(() -> read(request)).as("%d", length).isInstanceOf(RefusedException.class);
    }
  }

  @Test
  void negativeAndHugeRawLengthsAreRefused() {
    byte[][] lengths = {{-1, -1, -1, -1}, {0, 0, 0, -128}, {-1, -1, -1, 127}, {5, 0, 0, 0, 'a'}};

    for (byte[] raw : lengths) {
      assertRefused(
          rawBytes(1, raw),
          "raw_input_contents[0]: an id cut short at byte 0 (expected: for each id of BYTES"
              + " its length in 4 little-endian bytes, and its bytes)");
    }
  }

  @Test
  void rawInt64OfOddLengthIsRefused() {
    assertRefused(
        infer(input("INT64", 1)).addRawInputContents(ByteString.copyFrom(new byte[9])),
        "raw_input_contents[0]: 9 bytes (expected: 8 bytes for each id of INT64)");
  }

  @Test
  void rawAndTypedAtOnceAreRefused() {
    var input = input("INT64", 1).setContents(int64(7));

    assertRefused(
        infer(input).addRawInputContents(ByteString.copyFrom(new byte[8])),
        "inputs[0].contents: values (expected: none beside raw_input_contents)");
  }

  @Test
  void moreRawTensorsThanInputsAreRefused() {
    var one = ByteString.copyFrom(new byte[8]);

    assertRefused(
        infer(input("INT64", 1)).addRawInputContents(one).addRawInputContents(one),
        "raw_input_contents: 2 (expected: 1, one for each input)");
  }

  @Test
  void oneInputIsExpected() {
    assertRefused(ModelInferRequest.newBuilder(), "inputs: none (expected: one input, ids)");
    assertRefused(
        infer(input("INT64", 0)).addInputs(input("INT64", 0)),
        "inputs: more than one (expected: one input, ids)");
  }

  @Test
  void wrongShapeIsRefused() {
    assertRefused(
        infer(input("INT64", 2).setContents(int64(7))),
        "inputs[0]: 1 ids of INT64 (expected: 2 by its shape)");
    String rule = " (expected: [n] or [n, k], sizes of 0 or more)";
    assertRefused(infer(input("INT64", -5)), "inputs[0].shape: [-5]" + rule);
    assertRefused(infer(input("INT64", 2).addShape(-1)), "inputs[0].shape: [2, -1]" + rule);
    assertRefused(
        infer(input("INT64", 1).addShape(1).addShape(1)),
        "inputs[0].shape: more than two sizes" + rule);
    assertRefused(infer(input("INT64", 1).clearShape()), "inputs[0].shape: none" + rule);
    assertRefused(
        infer(input("INT64", 1L << 32).addShape(1L << 32)),
        "inputs[0]: [4294967296, 4294967296] ids (expected: at most 64, serve.max-ids)");
    assertRefused(
        infer(input("INT64", 65).addShape(0)),
        "inputs[0]: [65, 0] ids (expected: at most 64, serve.max-ids)");
    assertRefused(
        infer(input("INT64", Long.MAX_VALUE)),
        "inputs[0]: 9223372036854775807 ids (expected: at most 64, serve.max-ids)");
  }

  @Test
  void wrongDatatypeOrNameIsRefused() {
    assertRefused(infer(input("INT32", 0)), "inputs[0].datatype: INT32 (expected: BYTES or INT64)");
    assertRefused(infer(input("INT64", 0).setName("x")), "inputs[0].name: x (expected: ids)");
    assertRefused(
        infer(input("BYTES", 1).setContents(int64(7))),
        "inputs[0]: 0 ids of BYTES (expected: 1 by its shape)");
  }

  @Test
  void outputAskedForTwiceIsRefused() {
    var status = InferRequestedOutputTensor.newBuilder().setName("status");

    assertRefused(
        infer(input("INT64", 0)).addOutputs(status).addOutputs(status),
        "outputs: 2 names (expected: each output once)");
  }

  @Test
  void parametersSayWhatIsAskedFor() {
    var request =
        infer(input("INT64", 0).addShape(3))
            .putParameters("pooling", text("sum"))
            .putParameters("pad", integer(0))
            .putParameters("max_staleness_ms", unsigned(7))
            .putParameters("embeddings_datatype", text("FP16"))
            .putParameters("triton_enable_empty_final_response", flag());
    var parameters = read(request).parameters();

    assertThat(parameters.pooling()).isEqualTo(Pooling.SUM);
    assertThat(parameters.pad()).isEqualTo(Category.key("0"));
    assertThat(parameters.maxStalenessMs()).isEqualTo(7);
    assertThat(parameters.datatype()).isEqualTo(Datatype.FP16);
    var unset =
        infer(input("INT64", 0)).putParameters("pooling", InferParameter.newBuilder().build());
    assertThat(read(unset).parameters().pooling()).isNull();
  }

  @Test
  void aParameterOfAnotherKindIsRefused() {
    String rule = " (expected: milliseconds, an integer of 0 or more)";
    assertRefused(asking(integer(-1)), "parameters.max_staleness_ms: -1" + rule);
    assertRefused(asking(unsigned(-1)), "parameters.max_staleness_ms: 18446744073709551615" + rule);
    assertRefused(asking(flag()), "parameters.max_staleness_ms: true" + rule);
    assertRefused(asking(text("1")), "parameters.max_staleness_ms: 1" + rule);
    assertRefused(
        asking(InferParameter.newBuilder().setDoubleParam(0.5).build()),
        "parameters.max_staleness_ms: 0.5" + rule);
  }

  private static ModelInferRequest.Builder asking(InferParameter staleness) {
    return infer(input("INT64", 0)).putParameters("max_staleness_ms", staleness);
  }

  private static InferParameter integer(long value) {
    return InferParameter.newBuilder().setInt64Param(value).build();
  }

  private static InferParameter unsigned(long value) {
    return InferParameter.newBuilder().setUint64Param(value).build();
  }

  private static InferParameter text(String value) {
    return InferParameter.newBuilder().setStringParam(value).build();
  }

  private static InferParameter flag() {
    return InferParameter.newBuilder().setBoolParam(true).build();
  }

  private static void assertRefused(ModelInferRequest.Builder request, String message) {
    assertThatThrownBy(() -> read(request))
        .isInstanceOf(RefusedException.class)
        .hasMessage(message);
  }

  private static LookupRequest read(ModelInferRequest.Builder request) {
    var inputs = new LookupInputs(MAX_IDS);
    return inputs.request(GrpcRequestReader.read(request.build(), inputs));
  }

  private static ModelInferRequest.Builder infer(InferInputTensor.Builder input) {
    return ModelInferRequest.newBuilder().setModelName("user").addInputs(input);
  }

  private static ModelInferRequest.Builder rawBytes(long n, byte[] raw) {
    return infer(input("BYTES", n)).addRawInputContents(ByteString.copyFrom(raw));
  }

  private static InferInputTensor.Builder input(String datatype, long n) {
    return InferInputTensor.newBuilder().setName("ids").setDatatype(datatype).addShape(n);
  }

  private static InferTensorContents.Builder int64(long id) {
    return InferTensorContents.newBuilder().addInt64Contents(id);
  }
}
