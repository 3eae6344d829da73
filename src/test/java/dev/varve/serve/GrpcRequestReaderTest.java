package dev.varve.serve;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.varve.event.Category;
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
        "inputs[0].contents: ids (expected: none beside raw_input_contents)");
  }

  @Test
  void moreRawTensorsThanInputsAreRefused() {
    var one = ByteString.copyFrom(new byte[8]);

    assertRefused(
        infer(input("INT64", 1)).addRawInputContents(one).addRawInputContents(one),
        "raw_input_contents: 2 (expected: one, as there is one input)");
  }

  @Test
  void oneInputIsExpected() {
    assertRefused(ModelInferRequest.newBuilder(), "inputs: 0 (expected: one, ids)");
    assertRefused(
        infer(input("INT64", 0)).addInputs(input("INT64", 0)), "inputs: 2 (expected: one, ids)");
  }

  @Test
  void wrongShapeIsRefused() {
    assertRefused(
        infer(input("INT64", 2).setContents(int64(7))),
        "inputs[0]: 1 ids of INT64 (expected: 2 by its shape)");
    assertRefused(infer(input("INT64", -5)), "inputs[0].shape: [-5] (expected: [n], n ids)");
    assertRefused(
        infer(input("INT64", 1).addShape(1)), "inputs[0].shape: [1, 1] (expected: [n], n ids)");
    assertRefused(
        infer(input("INT64", 1).clearShape()), "inputs[0].shape: [] (expected: [n], n ids)");
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

  private static void assertRefused(ModelInferRequest.Builder request, String message) {
    assertThatThrownBy(() -> read(request))
        .isInstanceOf(RefusedException.class)
        .hasMessage(message);
  }

  private static LookupRequest read(ModelInferRequest.Builder request) {
    return GrpcRequestReader.read(request.build(), MAX_IDS);
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
