package dev.varve.serve;

import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.util.List;

/** Reads a lookup from its protobuf form, with typed or raw ids. */
final class GrpcRequestReader {
  private GrpcRequestReader() {}

  /**
   * Reads a request.
   *
   * @throws RefusedException when it is no valid lookup
   */
  static LookupRequest read(ModelInferRequest request, int maxIds) {
    return new LookupRequest(
        request.getModelName(),
        request.getModelVersion(),
        request.getId(),
        keys(request, maxIds),
        outputs(request));
  }

  private static List<Output> outputs(ModelInferRequest request) {
    return Output.asked(
        request.getOutputsList().stream()
            .map(InferRequestedOutputTensor::getName)
            .map(Output::of)
            .toList());
  }

  private static long[] keys(ModelInferRequest request, int maxIds) {
    if (request.getInputsCount() != 1) {
      throw RefusedException.malformed("inputs", request.getInputsCount(), "one, ids");
    }
    InferInputTensor input = request.getInputs(0);
    if (input.getShapeCount() != 1) {
      throw IdsTensor.badShape(input.getShapeList().toString());
    }
    var ids = new IdsTensor(maxIds);
    ids.name(input.getName());
    ids.datatype(input.getDatatype());
    ids.shape(input.getShape(0));
    readData(request, input, ids);
    return ids.keys();
  }

  private static void readData(ModelInferRequest request, InferInputTensor input, IdsTensor ids) {
    if (request.getRawInputContentsCount() == 0) {
      readTyped(input.getContents(), ids);
      return;
    }
    if (input.getContents().getSerializedSize() > 0) {
      throw RefusedException.malformed(
          "inputs[0].contents", "ids", "none beside raw_input_contents");
    }
    if (request.getRawInputContentsCount() != 1) {
      throw RefusedException.malformed(
          "raw_input_contents", request.getRawInputContentsCount(), "one, as there is one input");
    }
    RawIds.read(
        request.getRawInputContents(0).asReadOnlyByteBuffer(), "raw_input_contents[0]", ids);
  }

  private static void readTyped(InferTensorContents contents, IdsTensor ids) {
    if (ids.isInt64()) {
      for (int i = 0; i < contents.getInt64ContentsCount(); i++) {
        ids.add(contents.getInt64Contents(i));
      }
    } else {
      for (int i = 0; i < contents.getBytesContentsCount(); i++) {
        ids.add(contents.getBytesContents(i).toByteArray());
      }
    }
  }
}
