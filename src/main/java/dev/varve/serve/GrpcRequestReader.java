package dev.varve.serve;

import dev.varve.schema.inference.InferParameter;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.util.List;

/** Reads a request from its protobuf form, with typed or raw inputs. */
final class GrpcRequestReader {
  private GrpcRequestReader() {}

  /**
   * Reads a request.
   *
   * @param inputs receives them
   * @throws RefusedException when it is not valid
   */
  static RequestHead read(ModelInferRequest request, Inputs inputs) {
    var parameters = new RequestParameters();
    request.getParametersMap().forEach((name, value) -> take(name, value, parameters));
    int raw = request.getRawInputContentsCount();
    if (raw != 0 && raw != request.getInputsCount()) {
      throw RefusedException.malformed(
          "raw_input_contents", raw, "%d, one for each input".formatted(request.getInputsCount()));
    }
    for (int i = 0; i < request.getInputsCount(); i++) {
      readInput(request, i, inputs.next());
    }
    return new RequestHead(
        request.getModelName(),
        request.getModelVersion(),
        request.getId(),
        outputs(request, inputs.outputs()),
        parameters);
  }

  private static List<Output> outputs(ModelInferRequest request, OutputSet known) {
    return known.asked(
        request.getOutputsList().stream()
            .map(InferRequestedOutputTensor::getName)
            .map(known::of)
            .toList());
  }

  private static void take(String name, InferParameter value, RequestParameters to) {
    if (!RequestParameters.takes(name)) {
      return;
    }
    switch (value.getParameterChoiceCase()) {
      case INT64_PARAM -> to.set(name, value.getInt64Param());
      case STRING_PARAM -> to.set(name, value.getStringParam());
      case UINT64_PARAM -> {
        if (value.getUint64Param() < 0) {
          throw RequestParameters.refused(name, Long.toUnsignedString(value.getUint64Param()));
        }
        to.set(name, value.getUint64Param());
      }
      case BOOL_PARAM -> throw RequestParameters.refused(name, value.getBoolParam());
      case DOUBLE_PARAM -> throw RequestParameters.refused(name, value.getDoubleParam());
      case PARAMETERCHOICE_NOT_SET -> {
        // As good as absent, like a null in JSON.
      }
    }
  }

  private static void readInput(ModelInferRequest request, int i, InputTensor to) {
    InferInputTensor input = request.getInputs(i);
    to.name(input.getName());
    to.datatype(input.getDatatype());
    for (int size = 0; size < input.getShapeCount(); size++) {
      to.size(input.getShape(size));
    }
    if (request.getRawInputContentsCount() == 0) {
      readTyped(input.getContents(), to);
      return;
    }
    if (input.getContents().getSerializedSize() > 0) {
      throw RefusedException.malformed(
          to.where() + ".contents", "values", "none beside raw_input_contents");
    }
    String where = "raw_input_contents[%d]".formatted(i);
    RawTensor.read(request.getRawInputContents(i).asReadOnlyByteBuffer(), where, to);
  }

  private static void readTyped(InferTensorContents contents, InputTensor to) {
    switch (to.datatype()) {
      case InputTensor.INT64 -> {
        for (int i = 0; i < contents.getInt64ContentsCount(); i++) {
          to.add(contents.getInt64Contents(i));
        }
      }
      case InputTensor.FP32 -> {
        for (int i = 0; i < contents.getFp32ContentsCount(); i++) {
          to.add((double) contents.getFp32Contents(i));
        }
      }
      case InputTensor.FP64 -> {
        for (int i = 0; i < contents.getFp64ContentsCount(); i++) {
          to.add(contents.getFp64Contents(i));
        }
      }
      default -> {
        for (int i = 0; i < contents.getBytesContentsCount(); i++) {
          to.add(contents.getBytesContents(i).toByteArray());
        }
      }
    }
  }
}
