package dev.varve.serve;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.varve.schema.inference.InferParameter;
import dev.varve.schema.inference.ModelInferResponse;
import dev.varve.schema.inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;

/**
 * Writes an answer in its protobuf form. Always raw: the common Python client takes typed floats
 * for an empty array.
 */
final class GrpcAnswerWriter {
  private GrpcAnswerWriter() {}

  static ModelInferResponse write(LookupAnswer answer) {
    var response =
        ModelInferResponse.newBuilder()
            .setId(answer.request().id())
            .setModelName(answer.request().table())
            .setModelVersion(answer.version())
            .putParameters(
                Inference.WATERMARK,
                InferParameter.newBuilder().setInt64Param(answer.watermarkMs()).build());
    for (Output output : answer.request().outputs()) {
      response.addOutputs(tensor(answer, output)).addRawOutputContents(raw(answer, output));
    }
    return response.build();
  }

  private static InferOutputTensor tensor(LookupAnswer answer, Output output) {
    var tensor =
        InferOutputTensor.newBuilder().setName(output.text()).setDatatype(output.datatype());
    for (long size : answer.shape(output)) {
      tensor.addShape(size);
    }
    return tensor.build();
  }

  private static ByteString raw(LookupAnswer answer, Output output) {
    var bytes = new byte[answer.rawBytes(output)];
    answer.putRaw(output, ByteBuffer.wrap(bytes));
    return UnsafeByteOperations.unsafeWrap(bytes);
  }
}
