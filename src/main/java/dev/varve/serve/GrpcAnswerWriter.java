package dev.varve.serve;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.varve.schema.inference.InferParameter;
import dev.varve.schema.inference.ModelInferResponse;
import dev.varve.schema.inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes an answer in its protobuf form. Always raw: the common Python client takes typed floats
 * for an empty array.
 */
final class GrpcAnswerWriter {
  private GrpcAnswerWriter() {}

  static ModelInferResponse write(Answer answer) {
    var response =
        ModelInferResponse.newBuilder()
            .setId(answer.head().id())
            .setModelName(answer.head().model())
            .setModelVersion(answer.version());
    for (Answer.Parameter of : answer.parameters()) {
      response.putParameters(
          of.name(), InferParameter.newBuilder().setInt64Param(of.value()).build());
    }
    for (Output output : answer.head().outputs()) {
      response.addOutputs(tensor(answer, output)).addRawOutputContents(raw(answer, output));
    }
    return response.build();
  }

  private static InferOutputTensor tensor(Answer answer, Output output) {
    var tensor =
        InferOutputTensor.newBuilder()
            .setName(output.text())
            .setDatatype(answer.datatype(output).name());
    for (long size : answer.shape(output)) {
      tensor.addShape(size);
    }
    return tensor.build();
  }

  private static ByteString raw(Answer answer, Output output) {
    var bytes = new byte[answer.rawBytes(output)];
    answer.putRaw(output, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    return UnsafeByteOperations.unsafeWrap(bytes);
  }
}
